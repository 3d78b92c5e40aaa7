"""Where both sides work: one database file, and a connection to it for each."""

import gc
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import aiosqlite

from infra import Job
from infra.database import Database, file, use_database
from infra.database.aiosqlite_driver import AiosqliteDriver

CAMPAIGN = "INSERT INTO campaigns (name, user_id) VALUES ('Bench', 1);"
JOB = "INSERT INTO jobs (campaign_id, customer_email, created_at) VALUES (1, ?, ?)"
STATE = """
    SELECT status, count(*), sum(id), sum(retry_count), count(started_at), count(worker_id)
    FROM jobs
    GROUP BY status
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much one run does: as it stands, 20 to 500 ms of work."""

    operations: int = 500
    loaded: int = 10_000
    claimed: int = 2_000
    workers: int = 20
    inserted: int = 50_000


class Arena:
    """What a run finds. The ORM uses the database in use, the other side uses `raw`."""

    def __init__(self, sizes: Sizes, raw: aiosqlite.Connection, outside: sqlite3.Connection):
        self.raw = raw
        self.ids = range(1, sizes.operations + 1)
        self.customers = _addresses(sizes.inserted)
        self.emails = _addresses(sizes.operations)
        self.worker_ids = [f"worker-{number}" for number in range(1, sizes.workers + 1)]
        self.jobs: list[Job] = []
        """Those of `ids`, as the ORM has loaded them."""
        self._outside = outside

    async def refill(self, rows: int) -> None:
        """Put that many pending jobs in place of all, the same ones each time."""
        moments = (f"2025-01-06 12:00:00.{number:06}" for number in range(rows))
        self._outside.execute("BEGIN")
        self._outside.execute("DELETE FROM jobs")
        self._outside.executemany(JOB, zip(_addresses(rows), moments, strict=True))
        self._outside.execute("COMMIT")
        # Neither side shall pay for what was before.
        self._outside.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.jobs = await Job.filter(id__lte=len(self.ids)).all()
        gc.collect()

    def state(self) -> object:
        """Return what a run has made of the table, apart from the time of day."""
        return self._outside.execute(STATE).fetchall()


@asynccontextmanager
async def open_arena(sizes: Sizes) -> AsyncIterator[Arena]:
    """Make a database in a temporary folder, and open it for each side with the same pragmas."""
    with TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "bench.db"
        file.create(path, CAMPAIGN)
        database = Database(AiosqliteDriver(path))
        raw = aiosqlite.connect(path, isolation_level=None, cached_statements=256)
        with use_database(database), closing(file.connect(path)) as outside:
            async with raw:
                await raw.executescript(file.SESSION_PRAGMAS)
                yield Arena(sizes, raw, outside)
            await database.close()


def _addresses(count: int) -> list[str]:
    return [f"customer{number}@example.com" for number in range(1, count + 1)]
