"""What one run of a system is measured by: who did what, from when to when, and for how long.

Nobody records anything outside of `recording`. Inside, all that takes time leaves a `Span`: each
operation, each wait for the database, each hold of a part of it, each call of a function; and
each worker's time is divided, without gap or overlap, among what it can be spent on.
"""

import time
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate
from math import ceil
from typing import Literal

from infra.context import caller_function, current_job_id, current_worker_id

Held = Literal["holds a connection", "holds the write lock"]
Waited = Literal["waits for a connection", "waits for the write lock", "rests"]
What = Held | Waited | Literal["database", "service", "sleep", "calls"]


class Spent(StrEnum):
    """What a moment of a worker is spent on: always exactly one of these."""

    CONNECTION = "waiting for a connection"
    WRITE_LOCK = "waiting for the write lock"
    SQL = "running SQL"
    SEND_EMAIL = "send_email"
    FETCH_REPLY = "fetch_reply"
    ANALYZE_SENTIMENT = "analyze_sentiment"
    FETCH_SALESFORCE_DATA = "fetch_salesforce_data"
    SLEEP = "sleeping"
    IDLE = "idle"
    DOWN = "down"
    OTHER = "other"


_SPENT = {
    "waits for a connection": Spent.CONNECTION,
    "waits for the write lock": Spent.WRITE_LOCK,
    "database": Spent.SQL,
    "sleep": Spent.SLEEP,
}


@dataclass(slots=True, eq=False)
class Span:
    """Something that took time, in seconds of the monotonic clock; `end` is `None` until it ends.

    `name` is the call of an operation, `function` which function of the solution led to it, or
    `None`. `error` is the kind of error that ended it; "died" and "cut" are two more of those.
    """

    what: What
    name: str
    worker: str
    job: int | None
    function: str | None
    start: float
    end: float | None = None
    error: str | None = None


class Metrics:
    """The record of one run. `files` are the solution's, as its code objects name them.

    `deaths` has each dead worker with the moment of its death, and `spent` each change of what
    the worker in a place, counted from 0, spends its time on. Once `closed` it stays as it is.
    """

    def __init__(self, files: Collection[str] = ()):
        self.spans: list[Span] = []
        self.deaths: dict[str, float] = {}
        self.spent: list[tuple[float, int, Spent]] = []
        self._files = files
        self._place: dict[str, int] = {}
        self._doing: dict[str, dict[Span, Spent]] = {}
        """What each worker has under way, the most recent last."""
        self._resting: set[str] = set()
        self.closed = False

    def begin(self, what: What, name: str = "") -> Span:
        """Note that the calling worker begins something."""
        function = caller_function(self._files)
        worker = current_worker_id()
        span = Span(what, name, worker, current_job_id(), function, time.monotonic())
        if self.closed:
            return span
        self.spans.append(span)
        if what == "rests":
            self._resting.add(worker)
        elif spent := self._spent_on(span):
            self._doing.setdefault(worker, {})[span] = spent
            self._note(worker)
        return span

    def end(self, span: Span, error: str | None = None) -> None:
        """Note that something is over, and which kind of error ended it, if one did."""
        if self.closed or span.end is not None:
            return
        span.end, span.error = time.monotonic(), error
        if span.what == "rests":
            self._resting.discard(span.worker)
        elif self._doing.get(span.worker, {}).pop(span, None):
            self._note(span.worker)

    def starts(self, worker: str, place: int) -> None:
        """Note that a worker starts to work in a place, the first there or one that replaces it."""
        self._place[worker] = place
        self._note(worker)

    def dies(self, worker: str) -> None:
        """Note a worker's death, which ends all that it had under way."""
        if self.closed or worker in self.deaths:
            return
        self.deaths[worker] = moment = time.monotonic()
        for span in self._doing.pop(worker, {}):
            span.end, span.error = moment, "died"
        if worker in self._place:
            self.spent.append((moment, self._place.pop(worker), Spent.DOWN))

    def close(self) -> None:
        """Record nothing more: what is under way stays so, whatever comes to clear up."""
        self.closed = True

    def _spent_on(self, span: Span) -> Spent | None:
        if span.what == "service":
            return Spent(span.name)
        if span.what == "sleep" and span.worker in self._resting:
            return Spent.IDLE
        return _SPENT.get(span.what)

    def _note(self, worker: str) -> None:
        if worker in self._place:
            doing = self._doing.get(worker)
            spent = next(reversed(doing.values())) if doing else Spent.OTHER
            self.spent.append((time.monotonic(), self._place[worker], spent))


current: Metrics | None = None
"""Who records what happens in this process, if anybody does."""


@contextmanager
def recording(metrics: Metrics) -> Iterator[Metrics]:
    """Record inside the block what happens in this process."""
    global current
    if current is not None:
        raise RuntimeError("a run is being recorded already: recordings do not nest")
    current = metrics
    try:
        yield metrics
    finally:
        current = None


class _Recorded:
    """A block that is recorded, if anybody records when it begins."""

    __slots__ = ("_recorder", "_span")

    def __init__(self, what: What, name: str = ""):
        self._recorder = current
        self._span = None if current is None else current.begin(what, name)

    def __enter__(self) -> None:
        """It has begun when it was made."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._recorder and self._span:
            self._recorder.end(self._span, kind.__name__ if kind else None)


def waiting(what: Waited) -> _Recorded:
    """Record what the calling worker waits for inside the block."""
    return _Recorded(what)


def calling(function: str) -> _Recorded:
    """Record that the calling worker calls this function inside the block."""
    return _Recorded("calls", function)


@dataclass(slots=True)
class Counter:
    """How often something happened: the moments, ascending."""

    moments: list[float] = field(default_factory=list)

    def between(self, start: float, end: float) -> int:
        """Return how often from `start` until just before `end`."""
        return bisect_left(self.moments, end) - bisect_left(self.moments, start)


class Gauge:
    """A number that changes at moments and stays in between: a step function, 0 at first."""

    def __init__(self, changes: Iterable[tuple[float, float]] = ()):
        """Take changes, each a moment and what is added there, in any order."""
        ordered = sorted(changes)
        self.moments = [moment for moment, _ in ordered]
        self.values = list(accumulate(change for _, change in ordered))
        self._areas = [0.0]
        """Under the steps, up to each moment."""
        for at in range(1, len(ordered)):
            step = self.values[at - 1] * (self.moments[at] - self.moments[at - 1])
            self._areas.append(self._areas[-1] + step)

    @classmethod
    def of_spans(cls, spans: Iterable[Span]) -> "Gauge":
        """Return how many of these are under way."""
        starts = [(span.start, span.end) for span in spans]
        ends = [(end, -1.0) for _, end in starts if end is not None]
        return cls([*((start, 1.0) for start, _ in starts), *ends])

    def at(self, moment: float) -> float:
        """Return the number as it is after all changes at that moment."""
        place = bisect_right(self.moments, moment)
        return self.values[place - 1] if place else 0.0

    def most(self) -> float:
        """Return the most that it ever was; 0 without changes."""
        return max(self.values, default=0.0)

    def mean(self, start: float, end: float) -> float:
        """Return the mean over that time, each value weighted by how long it lasted."""
        return (self._area(end) - self._area(start)) / (end - start) if end > start else 0.0

    def _area(self, moment: float) -> float:
        place = bisect_right(self.moments, moment)
        if not place:
            return 0.0
        return self._areas[place - 1] + self.values[place - 1] * (moment - self.moments[place - 1])


class Histogram:
    """Values, each with its moment.

    A percentile is by nearest rank: the smallest value that at least so many percent are not
    above. So it is always one of the values; there is none of no values.
    """

    def __init__(self, values: Iterable[tuple[float, float]] = ()):
        self._by_moment = sorted(values)
        self._sorted = sorted(value for _, value in self._by_moment)

    def __len__(self) -> int:
        return len(self._sorted)

    def percentile(self, percent: float) -> float | None:
        """Return the percentile, or `None` when there are no values."""
        rank = max(1, ceil(len(self._sorted) * percent / 100))
        return self._sorted[rank - 1] if self._sorted else None

    def percentiles(self, percents: Sequence[float]) -> list[float | None]:
        """Return several."""
        return [self.percentile(percent) for percent in percents]

    def between(self, start: float, end: float) -> "Histogram":
        """Return those values alone whose moment is from `start` until just before `end`."""
        first, last = (bisect_left(self._by_moment, (moment,)) for moment in (start, end))
        return Histogram(self._by_moment[first:last])
