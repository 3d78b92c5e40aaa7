"""The hour as the watch screen noted it: when each task turned green, what broke, which hints."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import ceil
from typing import Literal, TypeVar

from interviewer.grading.grading import SessionLine
from tests.judge.names import all_names
from tests.judge.report import TASKS

HOUR_MINUTES = 60.0

LINES_MAX = 2_000
"""Of the notes. Anybody can write there, and nobody saves as often in an hour."""

T = TypeVar("T")

State = Literal["waiting", "red", "green"]


@dataclass(frozen=True, slots=True)
class Span:
    """A task in one state, from minute to minute."""

    state: State
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Lane:
    """One task through the hour. `green_since` is `None` when it was not green at the end."""

    task: str
    name: str
    spans: Sequence[Span]
    hints: Sequence[float]
    green_since: float | None


@dataclass(frozen=True, slots=True)
class Moment:
    """A save after which a task was green or a check had broken, or a hint."""

    minute: float
    clock: str
    green: Sequence[str]
    gained: Sequence[str]
    broke: Sequence[str]
    hints: Sequence[str]


@dataclass(frozen=True, slots=True)
class Progress:
    """The hour; longer, when it took longer. Minutes count from the first line."""

    minutes: float
    saves: int
    hints: Mapping[str, int]
    ticks: Sequence[int]
    lanes: Sequence[Lane]
    moments: Sequence[Moment]


@dataclass(frozen=True, slots=True)
class _Entry:
    minute: float
    clock: str
    checks: Mapping[str, str]
    hints: Mapping[str, int]


def progress_of(session: Sequence[SessionLine]) -> Progress | None:
    """Return how the hour went; `None` when nothing of it was kept."""
    entries = _entries(session[:LINES_MAX])
    if not entries:
        return None
    minutes = max(HOUR_MINUTES, entries[-1].minute)
    moments = [*_moments(entries)]
    return Progress(
        minutes=minutes,
        saves=sum(line.event == "judged" for line in session),
        hints=entries[-1].hints,
        ticks=range(0, int(minutes) + 1, 10 * ceil(minutes / 120)),
        lanes=[_lane(task, entries, moments, minutes) for task in TASKS],
        moments=moments,
    )


def _entries(session: Sequence[SessionLine]) -> list[_Entry]:
    """Return the lines in order of time, each with the checks and hints as they were then."""
    timed = [(when, line) for line in session if (when := _moment(line))]
    timed.sort(key=lambda pair: pair[0])
    entries: list[_Entry] = []
    checks: Mapping[str, str] = {}
    hints: Mapping[str, int] = {}
    for when, line in timed:
        checks, hints = _known(line.checks) or checks, {**hints, **_known(line.hints)}
        minute = (when - timed[0][0]).total_seconds() / 60
        entries.append(_Entry(minute, f"{when:%H:%M}", checks, hints))
    return entries


def _moment(line: SessionLine) -> datetime | None:
    """Return when a line was written; `None` for one that says no time."""
    try:
        when = datetime.fromisoformat(line.time)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _known(by_check: Mapping[str, T]) -> dict[str, T]:
    """Return what is said of checks that there are."""
    return {check: value for check, value in by_check.items() if check in all_names()}


def _state(task: str, checks: Mapping[str, str]) -> State:
    outcomes = {outcome for check, outcome in checks.items() if check.startswith(task)}
    if outcomes <= {"not_run"}:
        return "waiting"
    return "green" if outcomes == {"passed"} else "red"


def _lane(task: str, entries: Sequence[_Entry], moments: Sequence[Moment], minutes: float) -> Lane:
    spans = _spans(task, entries, minutes)
    return Lane(
        task=task,
        name=TASKS[task],
        spans=spans,
        hints=[each.minute for each in moments for check in each.hints if check[0] == task],
        green_since=spans[-1].start if spans[-1].state == "green" else None,
    )


def _spans(task: str, entries: Sequence[_Entry], minutes: float) -> list[Span]:
    """Return a task's states, one after the other. The last one is drawn to the end."""
    spans: list[Span] = []
    for number, entry in enumerate(entries, start=1):
        end = entries[number].minute if number < len(entries) else minutes
        state = _state(task, entry.checks)
        if spans and spans[-1].state == state:
            spans[-1] = Span(state, spans[-1].start, end)
        else:
            spans.append(Span(state, entry.minute, end))
    return spans


def _moments(entries: Sequence[_Entry]) -> Iterator[Moment]:
    for before, after in pairwise([_Entry(0.0, "", {}, {}), *entries]):
        moment = Moment(
            after.minute,
            after.clock,
            green=[task for task in TASKS if _turned_green(task, before.checks, after.checks)],
            gained=_turned(before.checks, after.checks, to_passed=True),
            broke=_turned(before.checks, after.checks, to_passed=False),
            hints=[
                check for check, taken in after.hints.items() if taken > before.hints.get(check, 0)
            ],
        )
        if moment.green or moment.broke or moment.hints:
            yield moment


def _turned_green(task: str, before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    return _state(task, before) != "green" == _state(task, after)


def _turned(before: Mapping[str, str], after: Mapping[str, str], *, to_passed: bool) -> list[str]:
    """Return the checks that did not pass before and do after; or the other way round."""
    return [
        check
        for check in after
        if (after[check] == "passed") == to_passed and (before.get(check) == "passed") != to_passed
    ]
