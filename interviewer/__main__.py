"""The interviewer's commands: `python -m interviewer kit` and `python -m interviewer grade`."""

import json
import secrets
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console

from interviewer.grading.grade import BUDGET, Terms, grade_all
from interviewer.grading.grading import Grading
from interviewer.grading.pile import NothingThere, Pile, pile_of
from interviewer.grading.screen import grading_lines, table_lines
from interviewer.kit.copy import make_copy
from interviewer.kit.files import KitError, kit_files, listed_by_git

_EXIT_STATUS = {"passed": 0, "failed": 1, "problem": 2}
_SEEDS = 1_000_000


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Hand the kit out, and take it back."""


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--zip", "is_zipped", is_flag=True, help="Pack it as well, beside the folder.")
def kit(folder: Path, is_zipped: bool) -> None:  # noqa: FBT001 - click hands it over by its name
    """Make a candidate's copy in FOLDER, which is not there yet.

    A git repository of one commit, with the starter and the guide, and nothing of interviewer/.
    """
    try:
        files = kit_files()
        copy = make_copy(files, folder, zipped=is_zipped)
    except KitError as error:
        _end_with(str(error))
    if not listed_by_git():
        click.echo(
            "git does not tell here what is the kit's: all files were taken, look them over."
        )
    what = "a git repository of one commit" if copy.is_repository else "no repository, without git"
    click.echo(f"The candidate's copy is {copy.folder}: {len(files)} files, {what}.")
    if copy.archive:
        click.echo(f"The same, packed: {copy.archive}")


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "json_file", metavar="FILE", help="Write it as JSON; - for stdout.")
@click.option(
    "--html",
    "html_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it as a page; of many, a page each beside it.",
)
@click.option("--seed", type=int, help="For the chances of an earlier grading (else new ones).")
@click.option(
    "--budget",
    type=click.FloatRange(1, 1000),
    default=BUDGET,
    show_default=True,
    help="So many times the runs of make test.",
)
def grade(
    path: Path,
    json_file: str | None,
    html_file: Path | None,
    seed: int | None,
    budget: float,
) -> None:
    """Grade PATH: a solution.py, a returned folder, a zip, or a folder of many.

    Exit status: 0 when every guarantee holds, 1 when one does not, 2 when PATH, or one of many,
    cannot be graded.
    """
    terms = Terms(seed=secrets.randbelow(_SEEDS) if seed is None else seed, budget=budget)
    try:
        pile = pile_of(path)
        gradings = _graded(pile, terms)
    except (NothingThere, KitError) as error:
        _end_with(str(error))
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell has it for Ctrl-C
    if json_file != "-":
        _print(gradings, pile)
    if json_file:
        documents = [grading.as_json() for grading in gradings]
        document = documents[0] if pile.is_one else documents
        _write_json(json_file, json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    if html_file:
        _write_pages(html_file, gradings, is_one=pile.is_one)
        click.echo(f"the page: {html_file}", err=json_file == "-")
    sys.exit(max(_EXIT_STATUS[grading.outcome] for grading in gradings))


def _graded(pile: Pile, terms: Terms) -> Sequence[Grading]:
    """Grade all, and show on a terminal how far that is."""
    done: list[str] = []
    with Console(stderr=True).status(_progress(0, pile)) as status:

        def count(grading: Grading) -> None:
            done.append(grading.name)
            status.update(_progress(len(done), pile))

        return grade_all(pile.submissions, terms, on_graded=count)


def _progress(number: int, pile: Pile) -> str:
    return "grading …" if pile.is_one else f"graded {number} of {len(pile.submissions)} …"


def _write_pages(file: Path, gradings: Sequence[Grading], *, is_one: bool) -> None:
    """Write one submission's page; of many the table, and in a folder beside it a page each."""
    # What draws them takes a tenth of a second.
    from interviewer.report import page, table  # noqa: PLC0415

    if is_one:
        _write(file, page(gradings[0]))
        return
    folder = file.with_suffix("")
    for grading in gradings:
        _write(folder / f"{grading.name}.html", page(grading))
    _write(file, table(gradings, pages=folder.name))


def _print(gradings: Sequence[Grading], pile: Pile) -> None:
    for line in grading_lines(gradings[0]) if pile.is_one else table_lines(gradings):
        click.echo(line)
    if pile.left_out:
        click.echo(f"left out, as they are no submissions: {', '.join(pile.left_out)}")


def _write_json(file: str, text: str) -> None:
    if file == "-":
        click.echo(text, nl=False)
    else:
        _write(Path(file), text)


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        _end_with(f"{file} cannot be written: {error.strerror}")


def _end_with(problem: str) -> NoReturn:
    click.echo(problem, err=True)
    sys.exit(2)


if __name__ == "__main__":
    for name in ("SIGTERM", "SIGHUP"):  # end as Ctrl-C does, with all that was started
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    main(prog_name="python -m interviewer")
