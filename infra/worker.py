"""The worker: claim a job, process it, repeat; and the reaper of what dead workers leave."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from infra import metrics
from infra.clock import from_text, now, sleep
from infra.context import as_worker, processing
from infra.database import execute_sql
from infra.errors import DatabaseBusyError
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
        self._job: Job | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._beating: asyncio.Task[None] | None = None

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
                    await self._rest(idle_seconds)
                    idle_seconds = min(2 * idle_seconds, self._pace.idle_seconds_max)

    async def _claim(self) -> Job | None:
        try:
            with metrics.calling("claim_next_job"):
                return await self._solution.claim_next_job()
        except Exception as error:
            self._on_error(None, error)
            return None

    async def _rest(self, idle_seconds: float) -> None:
        # Not less than the minimum: all who rest would wake for the same job, and all but one
        # in vain.
        seconds = min(idle_seconds, await self._seconds_until_next_due())
        with metrics.waiting("rests"):
            await sleep(max(seconds, self._pace.idle_seconds_min))

    async def _seconds_until_next_due(self) -> float:
        try:
            return await _seconds_until_next_due()
        except DatabaseBusyError as error:
            self._on_error(None, error)
            return float("inf")

    async def _process(self, job: Job) -> None:
        self._job = job
        self._keep_beating()
        try:
            with processing(job.id), metrics.calling("process_job"):
                await self._solution.process_job(job)
        except Exception as error:
            self._on_error(job, error)
        else:
            self._on_processed(job)
        finally:
            self._job = None

    def _keep_beating(self) -> None:
        """See to it that a heartbeat is due, now that there is a job in hand."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._pace.heartbeat_seconds, self._beat)

    def _beat(self) -> None:
        self._timer = None
        if self._job:
            self._beating = asyncio.create_task(self._show_alive(self._job.id))
            self._beating.add_done_callback(_forget)
            self._keep_beating()

    async def _show_alive(self, job_id: int) -> None:
        mine = Job.filter(id=job_id, worker_id=self._worker_id, status=JobStatus.PROCESSING)
        await mine.update(last_heartbeat=now())


async def run_reaper(*, patience_seconds: float, interval_seconds: float) -> NoReturn:
    """Reap, again and again, until cancelled."""
    with as_worker("reaper"):
        while True:
            await sleep(interval_seconds)
            # A busy database is no reason to stop: there is a next time.
            with suppress(DatabaseBusyError):
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


def _forget(task: asyncio.Task[None]) -> None:
    # Nobody waits for a heartbeat's error: one that could not be written is a sign in itself.
    if not task.cancelled():
        task.exception()
