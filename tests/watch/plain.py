"""The same without a screen: plain lines, as things happen."""

from collections.abc import Iterator
from typing import TextIO

from tests.hints import hint
from tests.watch import words
from tests.watch.board import board
from tests.watch.middle import all_checks, nothing_failed, questions, unusable
from tests.watch.state import State, View
from tests.watch.story import failure_in, whole_story
from tests.watch.text import plain

_WIDTH = 100
_FAILURE_LINES = 24


class Plain:
    """Writes lines where a screen would be drawn."""

    def __init__(self, stdout: TextIO):
        self._stdout = stdout
        self._shown = State()

    def show(self, state: State) -> None:
        """Write what is new."""
        lines = list(news(self._shown, state))
        self._shown = state
        if lines:
            self._stdout.write("".join(f"{line.rstrip()}\n" for line in lines))
            self._stdout.flush()


def news(before: State, state: State) -> Iterator[str]:
    """Return what there is to say of a state, after another one was told."""
    if state.polling and state.polling != before.polling:
        yield words.POLLING.format(reason=state.polling)
    if state.note and state.note != before.note:
        yield state.note
    if before.running and not state.running:
        yield from _outcome(state)
    elif state.view is not before.view or state.chosen != before.chosen:
        yield from _view(state)
    for check, number in state.hints.items():
        if number > before.hints.get(check, 0):
            yield f"{check}, {words.HINT.format(number=number)}: {hint(check, number)}"


def _outcome(state: State) -> Iterator[str]:
    yield ""
    for line in board(state, _WIDTH):
        yield line.plain
    if state.unusable:
        lines = unusable(state, _WIDTH)
    elif state.shown_failure():
        lines = failure_in(state, _WIDTH, _FAILURE_LINES)
    else:
        lines = nothing_failed(state, _WIDTH)
    yield ""
    for line in lines:
        yield line.plain
    if state.prints.strip():
        yield f"{words.PRINTS}:"
        yield from (f"  {line}" for line in plain(state.prints).splitlines())


def _view(state: State) -> Iterator[str]:
    match state.view:
        case View.ALL:
            lines = all_checks(state, _WIDTH)
        case View.RESET | View.SURE:
            lines = questions(state, _WIDTH)
        case View.STORY if state.shown_failure():
            lines = whole_story(state, _WIDTH)
        case View.FAILURE if state.shown_failure() and not state.running:
            lines = failure_in(state, _WIDTH, _FAILURE_LINES)
        case _:
            lines = []
    for line in lines:
        yield line.plain
