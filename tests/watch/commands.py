"""Hints and resets on the command line."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from tests.hints import STEPS, hint
from tests.judge.names import shown
from tests.watch import words
from tests.watch.reset import ResetError, put_back
from tests.watch.session import Session, are_hints_on


def give_hint(check: str, environment: Mapping[str, str]) -> None:
    """Print the next hint for a check; once all were taken, all of them."""
    if not are_hints_on(environment):
        click.echo(words.HINTS_ARE_OFF)
        return
    session = Session.of(environment)
    taken = session.progress().hints.get(check, 0)
    numbers = [taken + 1] if taken < STEPS else range(1, STEPS + 1)
    for number in numbers:
        click.echo(f"{check}, {words.HINT.format(number=number)}: {hint(check, number)}")
    if taken < STEPS:
        session.add("hint", datetime.now(UTC), {}, {check: taken + 1})
    else:
        click.echo(words.NO_MORE_HINTS.format(check=check))
    if session.file is None:
        click.echo(words.HINTS_ARE_NOT_COUNTED)


def reset(solution: Path, task: str) -> None:
    """Put the starter's function of a task back, after a question. Exits 1 when it cannot."""
    function = words.FUNCTIONS[task]
    names = {"function": function, "file": shown(solution), "task": task}
    for text in words.SURE[:2]:
        click.echo(text.format(**names))
    click.confirm(words.SURE[2], abort=True)
    try:
        kept = put_back(solution, task)
    except ResetError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(words.PUT_BACK.format(task=task, kept=shown(kept)))
