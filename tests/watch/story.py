"""A failure, in the grammar that the judge has everywhere: cut to fit, or whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from tests.judge.failure import Failure, Row
from tests.judge.report import Result
from tests.watch import words
from tests.watch.board import STYLES
from tests.watch.state import State
from tests.watch.text import fitted, line, sides, wrapped

_LABEL_WIDTH = 12
_OPERATION_SHARE = 0.68
"""Of the room that a row's operation and its result have."""


@dataclass(frozen=True, slots=True)
class _Detail:
    """How much is told besides the story: in lines at most."""

    rule: int
    expected: int
    got: int
    why: int


_DETAILS = (_Detail(2, 2, 2, 2), _Detail(0, 2, 2, 2), _Detail(0, 1, 2, 2), _Detail(0, 1, 1, 1))
_STORY_ROWS_MIN = 4


def failure_in(state: State, width: int, room: int) -> list[Text]:
    """Return the shown failure in so many lines: of its story the rows that matter most."""
    result = state.shown_failure()
    assert result
    if result.failure is None:
        return [
            heading(state, result, width),
            *_indented(f"{result.rule}\n{result.message}", width),
        ]
    story = result.failure.story
    wanted = 1 + min(len(story), _STORY_ROWS_MIN)
    tries = [_around(state, result, result.failure, width, detail) for detail in _DETAILS]
    roomy = [(top, bottom) for top, bottom in tries if room - len(top) - len(bottom) >= wanted]
    top, bottom = (roomy or tries[-1:])[0]
    return [*top, *_story_in(story, width, room - len(top) - len(bottom)), *bottom]


def _around(
    state: State, result: Result, failure: Failure, width: int, detail: _Detail
) -> tuple[list[Text], list[Text]]:
    """Return what stands before a story, and what stands after it."""
    top = [
        heading(state, result, width),
        *_indented(result.rule, width)[: detail.rule],
        *_labelled("Expected", failure.expected, width, lines_max=detail.expected),
        *_labelled("Got", failure.got, width, lines_max=detail.got),
    ]
    bottom = [
        *_indented(failure.why, width, lines_max=detail.why),
        *_labelled("Where", f"{failure.where}  {failure.source}", width, lines_max=1),
        *_labelled("Repeat", _repeat(state, result, failure), width, lines_max=1),
    ]
    return top, bottom


def whole_story(state: State, width: int) -> list[Text]:
    """Return all there is to say of the shown failure; long lines are broken, not cut."""
    result = state.shown_failure()
    assert result
    lines = [heading(state, result, width), *_indented(result.rule, width)]
    failure = result.failure
    if failure is None:
        return [*lines, *_indented(result.message, width)]
    lines += _labelled("Expected", failure.expected, width)
    lines += _labelled("Got", failure.got, width)
    if failure.story:
        lines.append(line("  How it happened"))
        for row in failure.story:
            lines += _whole_row(row, width)
    lines += _indented(failure.why, width)
    lines += _labelled("Where", f"{failure.where}  {failure.source}", width)
    return [*lines, *_labelled("Repeat", _repeat(state, result, failure), width)]


def heading(state: State, result: Result, width: int) -> Text:
    """Return the failure's first line: which it is, and how many there are."""
    ids = [each.id for each in state.failures()]
    style = STYLES[result.status]
    left = line((f"{words.MARKS[result.status]} {result.id}  {result.name}", style))
    earlier = "" if result.id in state.fresh else "before this save · "
    which = f"{earlier}failure {ids.index(result.id) + 1} of {len(ids)} · task {result.id[0]} "
    return sides(left, line((which, "dim")), width)


def _repeat(state: State, result: Result, failure: Failure) -> str:
    solution = "" if state.file == "candidate/solution.py" else f" SOLUTION={state.file}"
    replay = f" REPLAY={failure.replay}" if failure.replay else ""
    return f"make test T={result.id}{solution}{replay}"


def _labelled(label: str, text: str, width: int, lines_max: int | None = None) -> list[Text]:
    lines = _cut(text, width - _LABEL_WIDTH, lines_max)
    labels = [f"  {label:<{_LABEL_WIDTH - 2}}", *[" " * _LABEL_WIDTH] * (len(lines) - 1)]
    return [line((name, "dim"), each) for name, each in zip(labels, lines, strict=True)]


def _indented(text: str, width: int, lines_max: int | None = None) -> list[Text]:
    return [line("  ", each) for each in _cut(text, width - 2, lines_max)] if text else []


def _cut(text: str, width: int, lines_max: int | None) -> list[str]:
    """Return a text in lines, the last of so many with an ellipsis if there would be more."""
    lines = list(wrapped(text.strip(), width))
    if lines_max is None or len(lines) <= lines_max:
        return lines
    rest = " ".join(lines[lines_max - 1 :])
    return [*lines[: lines_max - 1], fitted(line(rest), width).plain]


def _story_in(story: Sequence[Row], width: int, room: int) -> list[Text]:
    """Return a story in so many lines, its heading among them."""
    if not story or room < 2:
        return []
    heading = line(("  How it happened", "dim"))
    if len(story) <= room - 1:
        return [heading, *(_row(row, width) for row in story)]
    kept = _most_telling(story, room - 2)
    more = words.MORE_LINES.format(number=len(story) - len(kept))
    return [heading, *(_row(row, width) for row in kept), line((f"  {more}", "dim"))]


def _most_telling(story: Sequence[Row], number: int) -> list[Row]:
    """Return so many rows in their order: the marked ones, then the last ones."""
    last_first = sorted(range(len(story)), key=lambda n: (not story[n].marked, -n))
    return [story[n] for n in sorted(last_first[:number])]


def _row(row: Row, width: int) -> Text:
    time = f"{row.ms:9,.1f} ms" if row.worker else " " * 12
    head = line((f"  {time}  ", "dim"), (f"{row.worker:<9} ", "cyan"))
    mark = line(("  ◀", "bold red") if row.marked else "")
    room = width - head.cell_len - 3
    operation_room = max(8, round((room - 1) * _OPERATION_SHARE))
    if len(row.result) < room - 1 - operation_room:
        operation_room = room - 1 - len(row.result)
    operation = fitted(line(row.operation), operation_room)
    operation.pad_right(operation_room - operation.cell_len)
    result = fitted(line(row.result), room - 1 - operation_room)
    return head + operation + line(" ") + result + mark


def _whole_row(row: Row, width: int) -> list[Text]:
    time = f"{row.ms:9,.1f} ms" if row.worker else " " * 12
    head = line((f"  {time}  ", "dim"), (f"{row.worker:<9} ", "cyan"))
    text = f"{row.operation}   {row.result}".rstrip() + "  ◀" * row.marked
    first, *more = list(wrapped(text, max(8, width - head.cell_len)))
    style = "bold" if row.marked else ""
    indent = " " * head.cell_len
    return [head + line((first, style)), *(line(indent, (each, style)) for each in more)]
