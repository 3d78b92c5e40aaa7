"""What the screen shows of a state: as many lines as it has at most, none wider than it is."""

from rich.text import Text

from tests.watch import words
from tests.watch.board import board
from tests.watch.middle import all_checks, hints, nothing_failed, questions, unusable
from tests.watch.prints import boxed
from tests.watch.state import State, View
from tests.watch.story import failure_in, whole_story
from tests.watch.text import fitted, line

WIDTH_MIN, HEIGHT_MIN = 80, 24

_BOX_LINES_MIN = 3


def render(state: State, width: int, height: int) -> list[Text]:
    """Return the screen's lines, exactly as many as it is high."""
    top = board(state, width)
    bottom = [_rule(width), _bottom_line(state, width, height)]
    room = max(0, height - len(top) - 1 - len(bottom))
    has_prints = state.view is View.FAILURE and state.prints.strip()
    middle = _middle(state, width, room - _BOX_LINES_MIN if has_prints else room)[:room]
    prints = boxed(state.prints, width, room - len(middle)) if has_prints else []
    gap = [Text()] * (room - len(middle) - len(prints))
    lines = [*top, _rule(width), *middle, *gap, *prints, *bottom]
    return [fitted(each, width) for each in (*lines[: height - 1], lines[-1])]


def _middle(state: State, width: int, room: int) -> list[Text]:  # noqa: PLR0911 - one for each view
    """Return what the view shows; the part of it that was scrolled to."""
    match state.view:
        case View.ALL:
            return all_checks(state, width)
        case View.RESET | View.SURE:
            return questions(state, width)
        case View.STORY if state.shown_failure() and not state.unusable:
            return _scrolled(_story_and_prints(state, width), state.scroll, room)
        case View.HINT if state.shown_failure():
            return hints(state, width, room)
    if state.unusable:
        return unusable(state, width)
    if state.shown_failure():
        return failure_in(state, width, room)
    return nothing_failed(state, width)


def _story_and_prints(state: State, width: int) -> list[Text]:
    story = whole_story(state, width)
    return [*story, *boxed(state.prints, width)] if state.prints.strip() else story


def _scrolled(lines: list[Text], scroll: int, room: int) -> list[Text]:
    start = max(0, min(scroll, len(lines) - room))
    return lines[start : start + room]


def _rule(width: int) -> Text:
    return line(("─" * width, "dim"))


def _bottom_line(state: State, width: int, height: int) -> Text:
    """Return the row of keys; or what there is to say, until a key is pressed."""
    if state.note:
        return line(" ", (state.note, "bold"))
    if width < WIDTH_MIN or height < HEIGHT_MIN:
        return line(" ", ("q", "bold cyan"), " quit   ", (words.TOO_SMALL, "dim"))
    parts: list[str | tuple[str, str]] = []
    for key, meaning in _keys(state).items():
        parts += ["  " if parts else " ", (key, "bold cyan"), f" {meaning}"]
    return line(*parts)


def _keys(state: State) -> dict[str, str]:
    match state.view:
        case View.STORY:
            return words.KEYS_OF_STORY
        case View.ALL:
            return words.KEYS_OF_ALL
        case View.HINT:
            return words.KEYS_OF_HINT
        case View.RESET:
            return words.KEYS_OF_RESET
        case View.SURE:
            return words.KEYS_OF_SURE
    return words.KEYS if state.hints_are_on else {k: v for k, v in words.KEYS.items() if k != "h"}
