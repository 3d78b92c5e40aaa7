"""Each figure of a report, computed again by hand from a list of operations that a test keeps.

The list is another one than what the report is made from: a seam that notes when each operation
began and ended, the ledger of SendGrid, and the rows of the database at the end.
"""

import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from math import ceil

import pytest

from infra.operations import Operation
from infra.simulation.recorder import Recorder
from interviewer.selftests.runs import FLAWED, Run, run
from scenarios import system
from scenarios.report import OperationTimes

ROUND_TRIP = 0.0012


@dataclass
class Note:
    """One operation, as the test saw it."""

    operation: Operation
    start: float
    end: float | None = None

    @property
    def seconds(self) -> float:
        assert self.end is not None
        return self.end - self.start


class Listing(Recorder):
    """Notes each operation on its way, for the test."""

    notes: list[Note]

    def before(self, operation: Operation) -> Awaitable[None] | None:
        turn = super().before(operation)
        self.notes.append(Note(operation, time.monotonic()))
        return turn

    def after(self, operation: Operation) -> Awaitable[None] | None:
        note = next(each for each in reversed(self.notes) if each.operation is operation)
        note.end = time.monotonic()
        return super().after(operation)


@pytest.fixture(scope="module")
def small() -> Iterator[tuple[Run, list[Note]]]:
    """A run of incident 2 with three workers and thirty jobs, one of whom dies now and then."""
    Listing.notes = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(system, "Recorder", Listing)
        yield run(2, jobs=30, workers=3, crash_rate=0.1, error_rate=0.2, seed=5), Listing.notes


def of_workers(notes: list[Note], kind: str) -> list[Note]:
    """Return what workers did, of that kind, and lived or not to see its end."""
    return [
        note
        for note in notes
        if note.operation.kind == kind and note.operation.worker.startswith("worker-")
    ]


def times(run: Run, kind: str, name: str) -> OperationTimes:
    """Return one line of a report's operations."""
    return next(each for each in run.report.operations if (each.kind, each.name) == (kind, name))


def nearest_rank(values: list[float], percent: int) -> float:
    """Return a percentile, the slow way."""
    return round(sorted(values)[max(1, ceil(len(values) * percent / 100)) - 1], 4)


def test_there_is_something_to_compute(small: tuple[Run, list[Note]]) -> None:
    """The small run has deaths, errors and jobs that come again; else the rest says little."""
    run, notes = small

    assert len(run.facts.metrics.deaths) >= 2
    assert len({note.operation.worker for note in notes}) >= 6
    assert run.report.deliveries.redelivered >= 2
    assert run.report.mails.absorbed >= 1


def test_mails_are_those_of_the_ledger(small: tuple[Run, list[Note]]) -> None:
    """Calls by outcome, mails delivered and absorbed, and how many customers got how many."""
    run, _ = small
    ledger, mails = run.facts.ledger, run.report.mails

    got = Counter(mail.to for mail in ledger.deliveries)
    assert mails.calls == dict(Counter(call.outcome.value for call in ledger.calls))
    assert mails.delivered == sum(got.values()) == sum(mails.delivered_over_time)
    assert mails.absorbed == mails.calls["absorbed"] == sum(mails.absorbed_over_time)
    assert mails.duplicates == sum(number - 1 for number in got.values())
    assert mails.customers_by_mails == {
        str(number): customers for number, customers in Counter(got.values()).items()
    }


def test_a_services_times_are_those_of_its_operations(small: tuple[Run, list[Note]]) -> None:
    """How many, the percentiles, the errors by kind: those that died are among them."""
    run, notes = small
    mails = [note for note in of_workers(notes, "service") if note.end is not None]
    took = [note.seconds for note in mails]
    deaths = run.facts.metrics.deaths
    errors = Counter(
        "died" if deaths.get(note.operation.worker) == note.end else type(error).__name__
        for note in mails
        if (error := note.operation.error) or deaths.get(note.operation.worker) == note.end
    )

    reported = times(run, "service", "send_email")

    assert reported.took.number == len(mails)
    assert reported.took.p50 == nearest_rank(took, 50)
    assert reported.took.p95 == nearest_rank(took, 95)
    assert reported.took.p99 == nearest_rank(took, 99)
    assert reported.took.longest == round(max(took), 4)
    assert reported.errors == errors
    assert reported.errors["died"] == len(deaths)


def test_worker_seconds_add_up_to_workers_times_seconds(small: tuple[Run, list[Note]]) -> None:
    """In all, and in each slice: at each moment each worker is counted exactly once."""
    run, _ = small
    report = run.report
    slices = list(zip(*report.worker_time.over_time.values(), strict=True))

    assert sum(report.worker_time.total.values()) == pytest.approx(3 * report.seconds, abs=0.001)
    for each in slices[:-1]:
        assert sum(each) == pytest.approx(3 * report.slice_seconds, abs=0.001)


def test_worker_seconds_are_those_of_the_operations(small: tuple[Run, list[Note]]) -> None:
    """In a service, in SQL, and at rest: the sum of what the operations took.

    But for heartbeats: they are SQL beside the call that the worker waits for.
    """
    run, notes = small
    total = run.report.worker_time.total

    def seconds(kind: str) -> float:
        ends = [(n.start, run.facts.end if n.end is None else n.end) for n in notes_of(kind)]
        return sum(end - start for start, end in ends)

    def notes_of(kind: str) -> list[Note]:
        return [note for note in of_workers(notes, kind) if note.start >= run.facts.start]

    assert total["send_email"] == pytest.approx(seconds("service"), abs=0.01)
    sql = total["running SQL"] + total.get("waiting for a connection", 0.0)
    assert sql == pytest.approx(seconds("database"), abs=0.01)
    slept = total.get("idle", 0.0) + total.get("sleeping", 0.0)
    assert slept == pytest.approx(seconds("sleep"), abs=0.01)
    assert total["down"] == pytest.approx(5.0 * len(run.facts.metrics.deaths), abs=0.01)


def test_the_queue_is_that_of_the_rows(small: tuple[Run, list[Note]]) -> None:
    """Jobs by state at the end are what the database says."""
    run, _ = small
    rows = run.stage._driver._simulated.peek("SELECT status, count(*) FROM jobs GROUP BY status")

    now = run.report.queue.now

    statuses = {row[0]: row[1] for row in rows.rows}
    assert now["ready"] + now["scheduled"] == statuses.get("pending", 0)
    assert now["running"] == statuses.get("processing", 0)
    assert now["completed"] == statuses.get("completed", 0)
    assert now["failed"] == statuses.get("failed", 0)
    assert sum(now.values()) == 30
    for state, values in run.report.queue.over_time.items():
        assert values[-1] == now[state]


def test_throughput_is_what_was_done_in_that_time(small: tuple[Run, list[Note]]) -> None:
    """Mails a minute are mails, divided by minutes; the slices add up to all of them."""
    run, _ = small
    through, report = run.report.throughput, run.report

    assert through.total["sent"] == report.mails.delivered
    assert through.a_minute["sent"] == round(report.mails.delivered * 60 / report.seconds, 1)
    in_slices = sum(through.over_time["sent"][:-1]) / 60 * report.slice_seconds
    assert in_slices <= report.mails.delivered <= in_slices + 3 * report.slice_seconds


def test_claims_and_deaths_are_those_that_happened(small: tuple[Run, list[Note]]) -> None:
    """A claim that is not the first of a job for its step is a redelivery."""
    run, notes = small
    deliveries = run.report.deliveries
    claimed = Counter(
        (change.job, change.step) for change in run.facts.changes if change.status == "processing"
    )

    assert deliveries.claims == sum(claimed.values())
    assert deliveries.redelivered == sum(number - 1 for number in claimed.values())
    assert deliveries.crashes == sum(deliveries.crashes_over_time)
    workers = {n.operation.worker for n in notes if n.operation.worker.startswith("worker-")}
    assert deliveries.crashes == deliveries.restarts == len(workers) - 3
    assert deliveries.reaped == deliveries.redelivered


def test_littles_law_closes(small: tuple[Run, list[Note]]) -> None:
    """Calls under way are calls a second × seconds a call, each measured by itself."""
    law = small[0].report.littles_law

    assert law
    assert law.calls_under_way == pytest.approx(law.calls_a_second * law.seconds_a_call, rel=0.02)


def test_the_pools_figures_are_those_of_its_transactions() -> None:
    """With one connection and calls inside a transaction, all but one worker wait their turn."""
    report = run(3, FLAWED / "pool_stress.py", jobs=20, workers=3, pool=1, seconds=9).report
    pool = report.pool

    assert (pool.size, pool.used_most, pool.waiting_most) == (1, 1, 2)
    assert pool.longest
    assert pool.longest.function == "process_job"
    # BEGIN, SELECT, the call of 4 s, UPDATE, COMMIT, each with its round trip.
    assert pool.longest.seconds == pytest.approx(4 + 4 * ROUND_TRIP, abs=1e-4)
    (by_job,) = (each for each in pool.holders if each.function == "process_job")
    assert by_job.held.number == report.throughput.total["steps"]
    assert by_job.total_seconds >= by_job.held.number * 4
    assert pool.used_mean == pytest.approx(
        sum(each.total_seconds for each in pool.holders) / report.seconds, rel=0.01
    )
