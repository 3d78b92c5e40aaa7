"""`python -m scenarios 1|2|3`: a system in trouble, its metrics, and a question."""

from scenarios import interrupts

if __name__ == "__main__":
    interrupts.end_silently()  # what is imported below takes a moment

import gc
import sys
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, NoReturn

import click
from rich.console import Console

from infra.errors import SolutionError
from scenarios import dashboard
from scenarios.functions import Functions
from scenarios.incidents import (
    INCIDENTS,
    SLOW_CLAIM_LATENCY_SECONDS,
    SLOW_CLAIM_SECONDS,
    Incident,
    System,
)
from scenarios.interrupts import Interrupts
from scenarios.live import LiveBoard
from scenarios.report import Report, from_json, to_json
from scenarios.reveal import answers
from scenarios.summary import summarize
from scenarios.system import Facts, Stage
from scenarios.trial import tried

ROOT = Path(__file__).resolve().parents[1]
CANDIDATE = ROOT / "candidate" / "solution.py"
REFERENCE = ROOT / "interviewer" / "solutions" / "reference.py"
FLAWED = ROOT / "interviewer" / "incidents"
RECORDED = Path(__file__).parent / "recorded"

STOPPED_STATUS = 130
"""What a shell takes for: ended by Ctrl-C."""


class Command(click.Command):
    """A command that tells in one line what it cannot do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments. Raises click.UsageError, which then shows no usage."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = None
            raise


@click.command(cls=Command)
@click.argument("number", type=click.IntRange(1, len(INCIDENTS)), required=False)
@click.option(
    "--solution",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=CANDIDATE,
    help="The file with the four functions; else yours.",
)
@click.option("--incident", "flawed", is_flag=True, help="Run the kit's own system, with a flaw.")
@click.option("--workers", type=click.IntRange(1, 200), help="How many workers.")
@click.option("--pool", type=click.IntRange(1, 200), help="Connections in the pool.")
@click.option("--latency", type=click.FloatRange(0, 60), help="SendGrid's answer, in seconds.")
@click.option("--rate-limit", type=click.IntRange(1, 10_000), help="SendGrid's, calls a second.")
@click.option("--slow-claim", is_flag=True, help="A fast SendGrid, but a claim that takes long.")
@click.option("--crash-rate", type=click.FloatRange(0, 50), help="Deaths in 100 calls to SendGrid.")
@click.option("--patience", type=click.FloatRange(1, 3600), help="The reaper's, in seconds.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another one, other chances.")
@click.option(
    "--json", "json_file", type=click.File("wb", lazy=False), help="Write all figures there, too."
)
@click.option(
    "--html", "html_file", type=click.File("wb", lazy=False), help="Draw it there, as one page."
)
@click.option("--reveal", is_flag=True, help="Print what an interviewer knows about it.")
def main(
    *,
    number: int | None,
    solution: Path,
    flawed: bool,
    seed: int,
    json_file: BinaryIO | None,
    html_file: BinaryIO | None,
    reveal: bool,
    **knobs: float | None,
) -> None:
    """Run incident NUMBER with your functions, in simulated time, and show its metrics.

    Without NUMBER: list what there is.
    """
    if number is None:
        _list()
        return
    incident = INCIDENTS[number - 1]
    if reveal:
        _reveal(incident)
        return
    # Nothing here makes cycles worth looking for every 700 objects.
    gc.set_threshold(50_000)
    incident = replace(incident, system=_adjusted(incident.system, knobs))
    console = Console(file=sys.stdout, highlight=False)
    try:
        report, status = _report(console, incident, solution, flawed=flawed, seed=seed)
    except SolutionError as error:
        _give_up(str(error))
    except KeyboardInterrupt:
        _give_up("stopped before anything was measured", STOPPED_STATUS)
    if json_file:
        json_file.write(to_json(report))
    if html_file:
        from scenarios.page import page  # noqa: PLC0415 - what draws takes long to import

        html_file.write(page(report).encode())
    if sys.stdout.buffer not in {json_file, html_file}:
        console.print(dashboard.whole(report), soft_wrap=True)
        console.print(report.question, style="bold", soft_wrap=True)
    sys.exit(status)


def _report(
    console: Console, incident: Incident, path: Path, *, flawed: bool, seed: int
) -> tuple[Report, int]:
    """Run an incident, or find its recorded run. Returns the exit status, too."""
    if flawed:
        if incident.flawed is None:
            _give_up(f"incident {incident.number} has no flawed system: it shows with any solution")
        path = FLAWED / incident.flawed
        if not path.exists():
            return from_json(recorded(incident, flawed=True)), 0
    with Interrupts() as interrupts:
        functions = tried(path, REFERENCE, on_operation=interrupts.raise_again)
    if functions.reasons and not functions.stand_in:
        notes = (*functions.reasons.values(), "so this is a run with other functions")
        report = from_json(recorded(incident, flawed=False))
        return replace(report, notes=notes), 0
    return _run(console, incident, functions, seed)


def _run(
    console: Console, incident: Incident, functions: Functions, seed: int
) -> tuple[Report, int]:
    shown = _shown(functions.file.path)
    notes = [f"{why}: the reference's is used" for why in functions.reasons.values()]

    def summary(facts: Facts) -> Report:
        return summarize(incident, facts, solution=shown, notes=notes)

    stage = Stage(incident.system, functions, seed=seed)
    status = 0
    try:
        with (
            Interrupts() as interrupts,
            LiveBoard(console, lambda facts: dashboard.live(summary(facts))) as board,
        ):

            def watch(facts: Facts) -> None:
                interrupts.raise_again()
                if facts.start:
                    board.look(facts)

            stage.run(watch)
    except KeyboardInterrupt:
        if not stage.facts.start:
            raise
        stage.facts.ended, status = "stopped by Ctrl-C", STOPPED_STATUS
    if stage.facts.printed:
        notes.append(f"{stage.facts.printed:,} lines that the solution printed are not shown")
    if stage.facts.broken:
        click.echo(f"{shown}: {stage.facts.ended}", err=True)
        status = 1
    return summary(stage.facts), status


def recorded(incident: Incident, *, flawed: bool) -> Path:
    """Return the file of the run that comes with the kit."""
    return RECORDED / f"{incident.number}{'-incident' if flawed else ''}.json"


def _adjusted(system: System, knobs: dict[str, float | None]) -> System:
    """Return the system with what was asked for in place of its own."""
    if knobs.pop("slow_claim"):
        system = replace(
            system,
            latency_seconds=SLOW_CLAIM_LATENCY_SECONDS,
            claim_seconds=SLOW_CLAIM_SECONDS,
        )
    if (percent := knobs.pop("crash_rate")) is not None:
        knobs["crash_rate"] = percent / 100
    given = {_FIELDS.get(name, name): each for name, each in knobs.items() if each is not None}
    return replace(system, **given)  # type: ignore[arg-type]


_FIELDS = {
    "latency": "latency_seconds",
    "rate_limit": "rate_limit_per_second",
    "patience": "patience_seconds",
}


def _list() -> None:
    for incident in INCIDENTS:
        click.echo(f"python -m scenarios {incident.number}    {incident.title}")
        click.echo(f"    {incident.question}")
    click.echo("\npython -m scenarios --help lists what can be changed about them.")


def _reveal(incident: Incident) -> None:
    text = answers(incident.number)
    if text is None:
        _give_up("what there is to reveal is in interviewer/, which is not here")
    click.echo(text)


def _shown(path: Path) -> str:
    path = path.resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def _give_up(words: str, status: int = 2) -> NoReturn:
    click.echo(words, err=True)
    sys.exit(status)


if __name__ == "__main__":
    interrupts.raise_as_usual()
    interrupts.leave_leftovers_untold()
    main()
