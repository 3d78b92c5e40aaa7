"""The worst job's life: a lane for each worker, time going right, a number for each event.

What happens to a job takes microseconds here and hours there: the lanes are not to scale. Each
moment is as far from the next as any other, so that nothing covers anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scenarios.html import duration
from scenarios.report import Entry, Life


@dataclass(frozen=True, slots=True)
class Mark:
    """An event: its number, and from where to where it went, in percent of the width."""

    number: int
    start: float
    width: float
    kind: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One worker's part in it."""

    worker: str
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Event:
    """An event in words, for the list below the lanes."""

    number: int
    at: str
    took: str
    worker: str
    what: str
    words: str
    kind: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole life, with so many moments at which something began or ended."""

    moments: int
    lanes: Sequence[Lane]
    events: Sequence[Event]


def timeline_of(life: Life) -> Timeline:
    """Return the timeline of a job's life."""
    moments = sorted({moment for entry in life.entries for moment in _from_and_to(entry)})
    step = 100 / (len(moments) or 1)
    places = {moment: place * step for place, moment in enumerate(moments)}
    workers = dict.fromkeys(entry.worker for entry in life.entries)
    numbered = [*enumerate(life.entries, start=1)]
    return Timeline(
        moments=len(moments),
        lanes=[
            Lane(
                worker,
                [_mark(number, each, places) for number, each in numbered if each.worker == worker],
            )
            for worker in workers
        ],
        events=[_event(number, entry) for number, entry in numbered],
    )


def _from_and_to(entry: Entry) -> tuple[float, float]:
    end = entry.end_seconds
    return entry.at_seconds, entry.at_seconds if end is None else end


def _mark(number: int, entry: Entry, places: Mapping[float, float]) -> Mark:
    start, end = (places[moment] for moment in _from_and_to(entry))
    return Mark(number, start, end - start, _kind(entry))


def _event(number: int, entry: Entry) -> Event:
    took = entry.end_seconds - entry.at_seconds if entry.end_seconds is not None else None
    return Event(
        number=number,
        at=f"{entry.at_seconds:.3f}",
        took="" if took is None else duration(took),
        worker=entry.worker,
        what=entry.what,
        words=entry.words,
        kind=_kind(entry),
    )


def _kind(entry: Entry) -> str:
    """Return what is to be seen of it from afar: a worker's death, a mail, another call, or not."""
    if entry.what in ("died", "reaped"):
        return "bad"
    if entry.end_seconds is None:
        return ""
    return "mail" if ", mail " in entry.words else "call"
