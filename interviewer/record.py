"""`python -m interviewer.record`: writes the runs that come with the kit, in `scenarios/recorded/`.

They are what a candidate's copy shows in place of a run with functions that it does not have: the
reference's, and the flawed systems'. The same code gives the same bytes.
"""

from dataclasses import replace
from pathlib import Path

import click

from infra.solution import SolutionFile
from scenarios.__main__ import FLAWED, REFERENCE, recorded
from scenarios.functions import Functions
from scenarios.incidents import INCIDENTS, Incident
from scenarios.report import Report, to_json
from scenarios.summary import summarize
from scenarios.system import Stage

SHOWN = "a system of the kit's own"
"""In place of the name of the file, which would give something away."""


@click.command()
def main() -> None:
    """Run each incident and write down its report."""
    for path, report in reports():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(to_json(report))
        click.echo(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def reports() -> list[tuple[Path, Report]]:
    """Return each recorded run, and the file that it belongs in."""
    runs = [(recorded(each, flawed=False), each, REFERENCE) for each in INCIDENTS]
    runs += [
        (recorded(each, flawed=True), each, FLAWED / each.flawed)
        for each in INCIDENTS
        if each.flawed
    ]
    return [(path, record(incident, solution)) for path, incident, solution in runs]


def record(incident: Incident, solution: Path) -> Report:
    """Run an incident with a solution; the report names neither its file nor lines of it."""
    stage = Stage(incident.system, Functions(file=SolutionFile.read(solution)), seed=0)
    stage.run(lambda facts: None)
    report = summarize(incident, stage.facts, solution=SHOWN)
    escaped = {words.partition(" (")[0]: 0 for words in report.escaped}
    for words, number in report.escaped.items():
        escaped[words.partition(" (")[0]] += number
    return replace(report, recorded=True, escaped=escaped)


if __name__ == "__main__":
    main()
