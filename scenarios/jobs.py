"""Jobs in a report: in which state how many were when, and how they came to workers."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from infra.metrics import Gauge, Spent
from scenarios.observed import JobChange
from scenarios.report import Deliveries, Queue
from scenarios.system import Facts
from scenarios.window import Window, rounded

STATES = ("ready", "scheduled", "running", "completed", "failed")
_STATE = {"processing": "running", "completed": "completed", "failed": "failed"}

Stay = tuple[str, float, float | None]
"""A job's stay in a state: the state, from when, and until when, or `None`."""


def queue(facts: Facts, window: Window) -> Queue:
    """Return the jobs by state, now and over time."""
    stays = list(_stays(facts.changes))
    changes: dict[str, list[tuple[float, float]]] = {state: [] for state in STATES}
    for state, start, end in stays:
        changes[state].append((start, 1.0))
        if end is not None:
            changes[state].append((end, -1.0))
    gauges = {state: Gauge(of_state) for state, of_state in changes.items()}
    ready = [start for state, start, end in stays if state == "ready" and end is None]
    oldest = min((start for start in ready if start <= window.end), default=window.end)
    return Queue(
        now={state: int(gauge.at(window.end)) for state, gauge in gauges.items()},
        oldest_ready_seconds=rounded(window.end - oldest),
        over_time={
            state: tuple(gauge.at(end) for _, end in window.slices)
            for state, gauge in gauges.items()
        },
    )


def deliveries(facts: Facts, window: Window) -> Deliveries:
    """Return how jobs came to workers, and were taken from them."""
    claims = [(each.job, each.step) for each in facts.changes if each.status == "processing"]
    taken = list(_reaped(facts.changes))
    return Deliveries(
        crashes=len(facts.metrics.deaths),
        restarts=_restarts(facts),
        claims=len(claims),
        redelivered=len(claims) - len(set(claims)),
        reaped=len(taken),
        reaped_alive=sum(is_at_work(facts, before.worker, at.at) for before, at in taken),
        crashes_over_time=window.counts(facts.metrics.deaths.values()),
    )


def by_job(changes: Sequence[JobChange]) -> dict[int, list[JobChange]]:
    """Return the changes of each job, in order."""
    jobs: defaultdict[int, list[JobChange]] = defaultdict(list)
    for change in changes:
        jobs[change.job].append(change)
    return jobs


def is_at_work(facts: Facts, worker: str | None, moment: float) -> bool:
    """Return whether that worker lived at that moment."""
    return worker is not None and facts.metrics.deaths.get(worker, moment + 1) > moment


def _restarts(facts: Facts) -> int:
    """Return how many workers came in the place of one that had died."""
    down: set[int] = set()
    restarts = 0
    for _, place, spent in facts.metrics.spent:
        if spent is Spent.DOWN:
            down.add(place)
        elif place in down:
            down.remove(place)
            restarts += 1
    return restarts


def _reaped(changes: Sequence[JobChange]) -> Iterator[tuple[JobChange, JobChange]]:
    """Return what each job that the reaper took was like before and after."""
    for of_job in by_job(changes).values():
        for before, after in pairwise(of_job):
            if after.by == "reaper" and before.status == "processing":
                yield before, after


def _stays(changes: Sequence[JobChange]) -> Iterator[Stay]:
    for of_job in by_job(changes).values():
        ends = [change.at for change in of_job[1:]]
        for change, end in zip(of_job, [*ends, None], strict=True):
            if change.status == "pending":
                yield from _stays_pending(change, end)
            elif change.status in _STATE:
                yield _STATE[change.status], change.at, end


def _stays_pending(change: JobChange, end: float | None) -> Iterator[Stay]:
    due = max(change.at, change.due or 0.0)
    if change.at < due:
        yield "scheduled", change.at, due if end is None else min(due, end)
    if end is None or due < end:
        yield "ready", due, end
