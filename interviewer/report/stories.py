"""The failures, each with its story: workers side by side, time going down, beside the code."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interviewer.report.code import Line, excerpt, line_in
from interviewer.report.guarantees import Guarantee, Task

STORIES_MAX = 4  # one for each task
LANES_MAX = 3

_FAULT = re.compile(r"RateLimitError|TimeoutError|no answer")


@dataclass(frozen=True, slots=True)
class Event:
    """What a worker did, in its lane, counted from 0; without one it is nobody's."""

    time: str
    lane: int | None
    worker: str
    what: str
    came: str
    kind: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """A broken guarantee, told. `lanes` are the workers; none when there are too many for lanes."""

    guarantee: Guarantee
    lanes: Sequence[str]
    unit: str
    events: Sequence[Event]
    where: str
    code: Sequence[Line]
    repeat: str


def failures_of(
    tasks: Sequence[Task], *, solution: str, source: str, seed: int
) -> tuple[list[Failure], list[Guarantee]]:
    """Return the first failure of each task, told; and the broken guarantees besides, untold.

    When there is room for more stories, the next failures are told too.
    """
    broken = [[each for each in task.guarantees if each.outcome == "failed"] for task in tasks]
    firsts = [each for of_task in broken for each in of_task[:1]]
    others = [each for of_task in broken for each in of_task[1:]]
    room = STORIES_MAX - len(firsts)
    told = sorted(firsts + others[:room], key=lambda guarantee: guarantee.check)
    return [_failure(each, solution, source, seed) for each in told], others[room:]


def _failure(guarantee: Guarantee, solution: str, source: str, seed: int) -> Failure:
    facts = guarantee.facts
    workers = sorted({row["worker"] for row in facts["story"]} - {""}, key=_by_number)
    lanes = workers if len(workers) <= LANES_MAX else []
    unit = _unit_for(max((row["ms"] for row in facts["story"]), default=0.0))
    line = line_in(facts["where"], solution)
    return Failure(
        guarantee=guarantee,
        lanes=lanes,
        unit=unit,
        events=[*_events(facts["story"], lanes, unit)],
        where=facts["where"] or "",
        code=excerpt(source, line) if line else [],
        repeat=_repeat(guarantee.check, seed, facts["replay"]),
    )


def _repeat(check: str, seed: int, token: str | None) -> str:
    settings = {"T": check, "SEED": seed, "REPLAY": token}
    return " ".join(
        ["make test", *(f"{name}={value}" for name, value in settings.items() if value)]
    )


def _unit_for(ms: float) -> str:
    """Return the unit in which a story's moments are told that ends then."""
    if ms < 1_000:
        return "ms"
    return "s" if ms < 60_000 else "h:mm:ss"


def _in_unit(ms: float, unit: str) -> str:
    if unit == "ms":
        return f"{ms:.1f}"
    if unit == "s":
        return f"{ms / 1000:.3f}"
    minutes, rest_ms = divmod(round(ms), 60_000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest_ms / 1000:06.3f}"


def _events(story: Sequence[Mapping[str, Any]], lanes: Sequence[str], unit: str) -> Iterator[Event]:
    for row in story:
        worker = row["worker"]
        yield Event(
            time=_in_unit(row["ms"], unit) if worker else "",
            lane=lanes.index(worker) if worker in lanes else None,
            worker=worker,
            what=row["operation"],
            came=row["result"],
            kind=_kind(row),
            marked=row["marked"],
        )


def _kind(row: Mapping[str, Any]) -> str:
    if row["operation"] == "dies":
        return "crash"
    return "fault" if _FAULT.match(row["result"]) else ""


def _by_number(worker: str) -> tuple[int, str]:
    digits = re.sub(r"\D", "", worker)
    return (int(digits) if digits else 0, worker)
