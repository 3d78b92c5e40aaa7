"""The overseer: it counts every operation, and lists them when it is asked to."""

import asyncio
import sqlite3

import pytest

from infra.clock import now
from infra.context import as_worker, processing
from infra.database import execute_sql, transaction
from infra.models import Job, JobStatus
from infra.operations import Operation
from infra.services import Services, send_email, use_services
from infra.simulation import Overseer
from interviewer.selftests.drivers import SimulatedStage, added

Line = tuple[float, str, str, str, tuple[int, ...]]


def line(operation: Operation) -> Line:
    """An operation as a story tells it; its time in milliseconds."""
    at_ms = round(operation.at_seconds * 1000, 3)
    return at_ms, operation.worker, operation.kind, operation.words, operation.jobs


async def program() -> None:
    """Two workers that claim, send, and sleep."""

    async def work(name: str, job_id: int) -> None:
        with as_worker(name):
            async with transaction():
                (job,) = await execute_sql(
                    "SELECT * FROM jobs WHERE status = ? AND id >= ? LIMIT 1 FOR UPDATE",
                    [JobStatus.PENDING, job_id],
                    Job,
                )
                await execute_sql("UPDATE jobs SET status = 'failed' WHERE id = ?", [job.id])
            with processing(job.id):
                await send_email(job.customer_email, "Hello", f"job-{job.id}")
                await asyncio.sleep(0.5)

    await asyncio.gather(work("worker-1", 1), work("worker-2", 2))


def record() -> list[Line]:
    overseer = Overseer(record=True)
    with use_services(Services.calm()):
        SimulatedStage().run(program(), seam=overseer)
    assert overseer.count == len(overseer.operations)
    return [line(operation) for operation in overseer.operations]


def test_every_operation_is_listed() -> None:
    """The list tells when who did what, and with which jobs."""
    select = "SELECT * FROM jobs WHERE status = 'pending' AND id >= {} LIMIT 1"
    update = "UPDATE jobs SET status = 'failed' WHERE id = {}"

    by_time_and_worker = sorted(record(), key=lambda line: line[:2])

    assert by_time_and_worker == [
        (0.0, "worker-1", "database", "BEGIN IMMEDIATE", ()),
        (0.0, "worker-2", "database", "BEGIN IMMEDIATE", ()),
        (1.2, "worker-1", "database", select.format(1), (1,)),
        (2.4, "worker-1", "database", update.format(1), (1,)),
        (3.6, "worker-1", "database", "COMMIT", ()),
        (4.8, "worker-1", "service", "send_email('ada@example.com', 'job-1')", (1,)),
        (4.8, "worker-1", "sleep", "sleep(0.5)", (1,)),
        (4.8, "worker-2", "database", select.format(2), (2,)),
        (6.0, "worker-2", "database", update.format(2), (2,)),
        (7.2, "worker-2", "database", "COMMIT", ()),
        (8.4, "worker-2", "service", "send_email('bob@example.com', 'job-2')", (2,)),
        (8.4, "worker-2", "sleep", "sleep(0.5)", (2,)),
    ]


def test_the_same_program_does_the_same_again() -> None:
    """Two runs list the same operations at the same times."""
    assert record() == record()


def test_what_came_of_an_operation_is_listed() -> None:
    """An operation has its result or its error, and what it had to say about jobs."""

    async def body() -> None:
        await execute_sql("SELECT id FROM jobs ORDER BY id")
        await execute_sql("UPDATE jobs SET worker_id = NULL WHERE id = ? AND status = ?", [2, "x"])
        await execute_sql("UPDATE job_steps SET status = 'failed' WHERE id = ?", [1])
        with pytest.raises(sqlite3.OperationalError):
            await execute_sql("SELECT nope FROM jobs WHERE id = ?", [1])

    overseer = Overseer(record=True)
    SimulatedStage().run(body(), seam=overseer)

    read, changed, step, wrong = overseer.operations
    assert (read.result.rows, read.jobs) == ([(1,), (2,)], (1, 2))  # type: ignore[attr-defined]
    assert (changed.result.rowcount, changed.jobs) == (0, (2,))  # type: ignore[attr-defined]
    assert (step.jobs, step.error) == ((), None)
    assert (wrong.result, str(wrong.error), wrong.jobs) == (None, "no such column: nope", (1,))


def test_values_are_shown_as_sql_would_write_them() -> None:
    """An operation's words have its values filled in, quoted, and shortened when they are long."""

    async def body() -> None:
        await execute_sql(
            "SELECT ?,  ?,\n ?, ?, ?", ["it's", None, 1.5, "x" * 100, now().replace(hour=10)]
        )

    overseer = Overseer(record=True)
    SimulatedStage().run(body(), seam=overseer)

    assert [operation.words for operation in overseer.operations] == [
        f"SELECT 'it''s', NULL, 1.5, '{'x' * 57}…', '2030-01-01 10:00:00.000000'"
    ]


def test_without_being_asked_it_only_counts() -> None:
    """An overseer that is not asked to record keeps no operations."""
    overseer = Overseer()

    SimulatedStage().run(added(), seam=overseer)

    assert (overseer.count, overseer.operations) == (1, [])
