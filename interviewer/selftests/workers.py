"""Workers for tests: three jobs, the two functions that a worker uses, and what is told of it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from infra import current_worker_id, execute_sql, now
from infra.clock import sleep
from infra.models import Job
from infra.solution import Solution
from infra.worker import Pace, Worker
from interviewer.selftests.world import World

THREE_JOBS = """
    INSERT INTO jobs (campaign_id, customer_email)
    VALUES (1, 'a@example.com'), (1, 'b@example.com'), (1, 'c@example.com');
"""
CLAIM = """
    UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id = (SELECT id FROM jobs
                WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
                LIMIT 1)
    RETURNING *
"""
PACE = Pace(heartbeat_seconds=10, idle_seconds_min=0.1, idle_seconds_max=5)


async def claim() -> Job | None:
    jobs = await execute_sql(CLAIM, [current_worker_id(), now(), now()], Job)
    return jobs[0] if jobs else None


async def complete(job: Job) -> None:
    await Job.filter(id=job.id, status="processing").update(status="completed")


def taking(seconds: float) -> Callable[[Job], Awaitable[None]]:
    """A `process_job` that takes its time."""

    async def process(job: Job) -> None:
        await sleep(seconds)
        await complete(job)

    return process


class Told:
    """A worker's solution, of the two functions that it uses, and what it told of it."""

    def __init__(
        self,
        process: Callable[[Job], Awaitable[None]] = complete,
        claim: Callable[[], Awaitable[Job | None]] = claim,
    ):
        async def unused(*_: object) -> bool:
            raise AssertionError

        self.solution = Solution(claim, unused, unused, process)
        self.processed: list[int] = []
        self.errors: list[tuple[int | None, str]] = []

    def worker(self, worker_id: str = "worker-1") -> Worker:
        return Worker(
            worker_id,
            self.solution,
            pace=PACE,
            on_processed=lambda job: self.processed.append(job.id),
            on_error=lambda job, error: self.errors.append((job.id if job else None, repr(error))),
        )


async def run_for(seconds: float, *endless: Awaitable[object]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*endless)


async def statuses() -> list[str]:
    return [str(job.status) for job in await Job.order_by("id").all()]


def times_of(world: World, kind: str, words: str) -> list[float]:
    """The simulated seconds at which such operations were done."""
    return [
        operation.at_seconds
        for operation in world.overseer.operations
        if operation.kind == kind and words in operation.call
    ]
