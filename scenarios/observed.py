"""A simulated database that is watched: each change of a job, when it is committed, and by whom."""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infra import metrics
from infra.clock import from_text, now, wait
from infra.context import current_job_id, current_worker_id
from infra.database.driver import Result, Value
from infra.database.simulated_driver import SimulatedConnection, SimulatedDriver

_COLUMNS = "id, status, current_step, worker_id, scheduled_for, customer_email"
_CHANGED = "status, current_step, worker_id, retry_count, scheduled_for"

# Triggers see what any statement does, however it is written; a rollback takes their notes back.
_NOTES = f"""
    CREATE TABLE job_changes (number INTEGER PRIMARY KEY, {_COLUMNS});
    CREATE TRIGGER note_new_job AFTER INSERT ON jobs BEGIN
        INSERT INTO job_changes ({_COLUMNS}) SELECT {_COLUMNS} FROM jobs WHERE id = NEW.id;
    END;
    CREATE TRIGGER note_changed_job AFTER UPDATE OF {_CHANGED} ON jobs BEGIN
        INSERT INTO job_changes ({_COLUMNS}) SELECT {_COLUMNS} FROM jobs WHERE id = NEW.id;
    END;
    CREATE TRIGGER note_deleted_job AFTER DELETE ON jobs BEGIN
        INSERT INTO job_changes (id, status, current_step, customer_email)
        VALUES (OLD.id, 'deleted', OLD.current_step, OLD.customer_email);
    END;
"""
_NEW_NOTES = f"SELECT number, {_COLUMNS} FROM job_changes WHERE number > ? ORDER BY number"

# A claim looks for pending jobs, and does not know their ids yet.
_ABOUT_ONE_JOB = re.compile(r"\bid\s*=\s*\?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class JobChange:
    """What a job is like from a moment on (monotonic time, seconds), and whose doing that is.

    `due` is when it is scheduled for, in the same time, or `None`.
    """

    at: float
    by: str
    job: int
    status: str
    step: str
    worker: str | None
    due: float | None
    email: str


class ObservedDriver:
    """Opens connections to a simulated database, and notes in `changes` what becomes of jobs.

    A statement that looks for a job to claim runs for `claim_seconds`.
    """

    def __init__(self, *, seed: int, claim_seconds: float = 0.0):
        self.changes: list[JobChange] = []
        self._simulated = SimulatedDriver(_NOTES, seed=seed)
        self.round_trip_seconds = self._simulated.round_trip_seconds
        self._claim_seconds = claim_seconds
        self._noted = 0
        self._writing = asyncio.Lock()
        """SQLite's own: the write lock of the kit lets statements pass that take no time."""

    async def connect(self) -> "ObservedConnection":
        """Open a connection."""
        return ObservedConnection(self, await self._simulated.connect())

    async def run(
        self, connection: SimulatedConnection, sql: str, values: Sequence[Value]
    ) -> Result:
        """Run one statement for one of the connections. Raises sqlite3.Error."""
        if self._claim_seconds:
            await self._take_time(connection, sql, values)
        result = await connection.run(sql, values)
        has_changed = sql == "COMMIT" or (result.rowcount and not sql.startswith("SELECT"))
        if has_changed and not self._simulated.in_transaction:
            self._note()
        return result

    async def _take_time(
        self, connection: SimulatedConnection, sql: str, values: Sequence[Value]
    ) -> None:
        """Let a statement that looks for a job take its time; of those that write one at a time."""
        seconds = self._claim_seconds if _looks_for_a_job(sql, values) else 0.0
        if sql.startswith("SELECT") or connection.in_transaction:
            await wait(seconds)
            return
        with metrics.waiting("waits for the write lock"):
            await self._writing.acquire()
        try:
            await wait(seconds)
        finally:
            self._writing.release()

    def _note(self) -> None:
        for row in self._simulated.peek(_NEW_NOTES, (self._noted,)).rows:
            number, *columns = row
            self._noted = number  # type: ignore[assignment]
            self.changes.append(_change(*columns))


def _change(job: Any, status: Any, step: Any, worker: Any, due: Any, email: Any) -> JobChange:
    at = time.monotonic()
    due_in = (from_text(due) - now()).total_seconds() if isinstance(due, str) else None
    due_at = None if due_in is None else at + due_in
    return JobChange(at, current_worker_id(), job, status, step, worker, due_at, email)


def _looks_for_a_job(sql: str, values: Sequence[Value]) -> bool:
    is_claiming = current_job_id() is None and current_worker_id().startswith("worker-")
    return (
        is_claiming
        and ("pending" in sql or "pending" in values)
        and "min(scheduled_for)" not in sql  # the worker's own question, when there is no job
        and not _ABOUT_ONE_JOB.search(sql)
    )


class ObservedConnection:
    """A connection whose changes of jobs are noted."""

    def __init__(self, driver: ObservedDriver, connection: SimulatedConnection):
        self._driver = driver
        self._connection = connection

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._connection.in_transaction

    async def run(self, sql: str, values: Sequence[Value] = ()) -> Result:
        """Run one statement. Raises sqlite3.Error."""
        return await self._driver.run(self._connection, sql, values)

    async def reset(self) -> None:
        """Roll back what is open."""
        await self._connection.reset()

    async def close(self) -> None:
        """End the session; what is open is rolled back."""
        await self._connection.close()
