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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much one run does: as it stands, 30 to 200 ms of work."""

    operations: int = 500
    loaded: int = 10_000
    claimed: int = 2_000
    workers: int = 20
    inserted: int = 50_000


class Arena:
    """What a run finds. The database in use is the ORM's side."""

    def __init__(self, sizes: Sizes, raw: aiosqlite.Connection, outside: sqlite3.Connection):
        self.sizes = sizes
        self.raw = raw
        self.ids = range(1, sizes.operations + 1)
        self.customers = [f"customer{n}@example.com" for n in range(1, sizes.inserted + 1)]
        self.emails = self.customers[: sizes.operations]
        self.jobs: list[Job] = []
        """As the ORM has loaded them, one for each of `ids` that is there."""
        self._outside = outside

    async def refill(self, rows: int) -> None:
        """Leave that many pending jobs, the same ones each time, and nothing for later to pay."""
        moments = (f"2025-01-06 12:00:00.{number:06}" for number in range(1, rows + 1))
        addresses = (f"customer{number}@example.com" for number in range(1, rows + 1))
        self._outside.execute("BEGIN")
        self._outside.execute("DELETE FROM jobs")
        self._outside.executemany(JOB, zip(addresses, moments, strict=True))
        self._outside.execute("COMMIT")
        self._outside.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.jobs = await Job.filter(id__lte=self.sizes.operations).all()
        gc.collect()


@asynccontextmanager
async def open_arena(sizes: Sizes) -> AsyncIterator[Arena]:
    """Make a database in a temporary folder, and open it three times, each with the same pragmas."""
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
