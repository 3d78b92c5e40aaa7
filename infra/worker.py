"""The worker: claim a job, process it, repeat; and the reaper of what dead workers leave."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from infra.clock import from_text, now, sleep, wait
from infra.context import as_worker, processing
from infra.database import execute_sql
from infra.models import Job, JobStatus
from infra.solution import Solution

_REAP = """
    UPDATE jobs
    SET status = 'pending', worker_id = NULL
    WHERE status = 'processing'
      AND (started_at IS NULL OR started_at < ?)
      AND (last_heartbeat IS NULL OR last_heartbeat < ?)
"""

_NEXT_DUE = """
    SELECT min(scheduled_for) AS due
    FROM jobs
    WHERE status = 'pending' AND scheduled_for > ?
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a worker does things, in seconds.

    An idle worker looks again after `idle_seconds_min`, then after twice as long each time, up
    to `idle_seconds_max`; or when the next scheduled job becomes due, if that is earlier.
    """

    heartbeat_seconds: float = 10.0
    idle_seconds_min: float = 0.1
    idle_seconds_max: float = 5.0


DEFAULT_PACE = Pace()


class Worker:
    """One worker process. Is handed the four functions.

    `on_processed` is told each job that `process_job` was done with. An error that escapes from
    the functions goes to `on_error`, with the job or `None`, and the worker goes on: the reaper
    brings such a job back.
    """

    def __init__(
        self,
        worker_id: str,
        solution: Solution,
        *,
        pace: Pace = DEFAULT_PACE,
        on_processed: Callable[[Job], None] = lambda job: None,
        on_error: Callable[[Job | None, Exception], None] = lambda job, error: None,
    ):
        self._worker_id = worker_id
        self._solution = solution
        self._pace = pace
        self._on_processed = on_processed
        self._on_error = on_error

    async def run(self) -> NoReturn:
        """Claim and process until cancelled."""
        with as_worker(self._worker_id):
            idle_seconds = self._pace.idle_seconds_min
            while True:
                job = await self._claim()
                if job:
                    await self._process(job)
                    idle_seconds = self._pace.idle_seconds_min
                else:
                    await sleep(min(idle_seconds, await _seconds_until_next_due()))
                    idle_seconds = min(2 * idle_seconds, self._pace.idle_seconds_max)

    async def _claim(self) -> Job | None:
        try:
            return await self._solution.claim_next_job()
        except Exception as error:
            self._on_error(None, error)
            return None

    async def _process(self, job: Job) -> None:
        with processing(job.id), self._heartbeat(job):
            try:
                await self._solution.process_job(job)
            except Exception as error:
                self._on_error(job, error)
            else:
                self._on_processed(job)

    @contextmanager
    def _heartbeat(self, job: Job) -> Iterator[None]:
        """Show now and then that the job's worker is alive, inside the block."""
        # Most jobs are done before the first beat, so a timer comes first and a task only then.
        tasks: list[asyncio.Task[NoReturn]] = []

        def start() -> None:
            task = loop.create_task(self._beat(job.id))
            task.add_done_callback(_forget)
            tasks.append(task)

        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._pace.heartbeat_seconds, start)
        try:
            yield
        finally:
            timer.cancel()
            for task in tasks:
                task.cancel()

    async def _beat(self, job_id: int) -> NoReturn:
        mine = Job.filter(id=job_id, worker_id=self._worker_id, status=JobStatus.PROCESSING)
        while True:
            await mine.update(last_heartbeat=now())
            await wait(self._pace.heartbeat_seconds)


async def run_reaper(*, patience_seconds: float, interval_seconds: float) -> NoReturn:
    """Reap, again and again, until cancelled."""
    with as_worker("reaper"):
        while True:
            await sleep(interval_seconds)
            await reap(patience_seconds=patience_seconds)


async def reap(*, patience_seconds: float) -> int:
    """Make every stalled job `pending` again and return how many there were.

    A job is stalled when it has been `processing` without a sign of its worker, neither its
    claim nor a heartbeat, for `patience_seconds`.
    """
    limit = now() - timedelta(seconds=patience_seconds)
    return (await execute_sql(_REAP, [limit, limit])).rowcount


async def _seconds_until_next_due() -> float:
    """Return the wait for the next scheduled job, or infinity when there is none."""
    moment = now()
    (row,) = await execute_sql(_NEXT_DUE, [moment])
    due = row["due"]
    return (from_text(str(due)) - moment).total_seconds() if due is not None else float("inf")


def _forget(task: asyncio.Task[NoReturn]) -> None:
    # A heartbeat that could not be written is a sign in itself; nobody waits for its error.
    if not task.cancelled():
        task.exception()
