"""The command line of the judge: `python -m tests`."""

import json
import os
import sys
from pathlib import Path

import click

from tests.judge.names import ROOT, all_names
from tests.judge.report import TASKS
from tests.judge.screen import print_report
from tests.judge.supervisor import judged

DEFAULT_SOLUTION = ROOT / "candidate" / "solution.py"


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--solution",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default=DEFAULT_SOLUTION,
    help="The file to judge (else candidate/solution.py).",
)
@click.option(
    "--only", metavar="A4", multiple=True, help="Judge only this check, or this task. Repeatable."
)
@click.option("--replay", metavar="TOKEN", help="Do one run of one check again, as it was told.")
@click.option("--json", "json_file", metavar="FILE", help="Write the report as JSON; - for stdout.")
@click.option("--watch", "is_watching", is_flag=True, help="Judge at every save, on a screen.")
@click.option("--hint", metavar="A4", help="Print the next of the three hints for this check.")
@click.option("--reset", "task", metavar="A", help="Make a task's function the starter's again.")
@click.option("--strict", is_flag=True, help="A task that is not started counts as failed.")
@click.option("--seed", type=int, default=0, show_default=True, help="For other samples.")
@click.option(
    "--budget",
    type=click.FloatRange(1, 1000),
    default=1.0,
    show_default=True,
    help="So many times as many runs, where not all can be done.",
)
def main(
    solution: Path,
    only: tuple[str, ...],
    replay: str | None,
    json_file: str | None,
    is_watching: bool,  # noqa: FBT001 - click hands it over by its name
    hint: str | None,
    task: str | None,
    strict: bool,  # noqa: FBT001 - the same
    seed: int,
    budget: float,
) -> None:
    """Judge a solution by the checks of its contract.

    Exit status: 0 when nothing failed, 1 when a check failed, 2 when the file cannot be loaded.
    """
    if is_watching:
        _watch(_found(solution))
        return
    if hint is not None:
        _give_hint(_one(hint, list(all_names())))
        return
    if task is not None:
        _reset(_found(solution), _one(task, list(TASKS)))
        return
    names = _checked(only)
    if replay is not None and (len(names) != 1 or names[0] not in all_names()):
        raise click.UsageError("--replay needs --only and the one check it is for, such as A4")
    if json_file:
        _check_writable(json_file)
    try:
        report = judged(_found(solution), only=names, replay=replay, seed=seed, budget=budget)
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell has it for Ctrl-C
    if json_file:
        _write_json(json_file, report.as_json())
    if json_file != "-":
        print_report(report)
    sys.exit(report.exit_status(strict=strict))


# What is imported below takes long, and whoever wants a verdict has no need of it.


def _watch(solution: Path) -> None:
    from tests.watch.app import watch  # noqa: PLC0415

    watch(solution, os.environ)


def _give_hint(check: str) -> None:
    from tests.watch.commands import give_hint  # noqa: PLC0415

    give_hint(check, os.environ)


def _reset(solution: Path, task: str) -> None:
    from tests.watch.commands import reset  # noqa: PLC0415

    reset(solution, task)


def _one(text: str, known: list[str]) -> str:
    """Return a check's or a task's name in capitals. Raises UsageError for one not there."""
    name = text.strip().upper()
    if name not in known:
        raise click.UsageError(f"there is no {name}: there are {' '.join(known)}")
    return name


def _found(solution: Path) -> Path:
    """Return the path as it is to be opened, wherever the command was called."""
    return solution.resolve()


def _checked(only: tuple[str, ...]) -> list[str]:
    """Return ids and tasks in capitals. Raises UsageError for one that is not there."""
    names = [name.strip().upper() for text in only for name in text.replace(",", " ").split()]
    known = {*all_names(), *(check[0] for check in all_names())}
    for name in names:
        if name not in known:
            raise click.UsageError(f"there is no check {name}: there are {' '.join(all_names())}")
    return names


def _check_writable(file: str) -> None:
    """Raise UsageError, before anything is judged, for a file that cannot be written."""
    if file == "-":
        return
    try:
        with Path(file).open("a"):
            pass
    except OSError as error:
        raise click.UsageError(f"cannot write {file}: {error.strerror}") from None


def _write_json(file: str, document: dict[str, object]) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if file == "-":
        click.echo(text, nl=False)
    else:
        Path(file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(prog_name="python -m tests")
