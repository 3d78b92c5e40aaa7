"""Both drivers behind one face, so that what is tested on one is tested on the other."""

import asyncio
import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict, TypeVar, Unpack

from infra.database import Database, execute_sql, file, use_database
from infra.database.aiosqlite_driver import AiosqliteDriver
from infra.database.driver import Driver
from infra.database.simulated_driver import SimulatedDriver
from infra.operations import Seam, installed
from infra.simulation import Overseer, Simulation

T = TypeVar("T")

FILL = """
    INSERT INTO campaigns (id, name, user_id) VALUES (1, 'Winter news', 0);
    INSERT INTO jobs (id, campaign_id, customer_email)
    VALUES (1, 1, 'ada@example.com'), (2, 1, 'bob@example.com');
"""
"""What the database of every test begins with: campaign 1, and jobs 1 and 2 of it."""


class Options(TypedDict, total=False):
    """How a test's database differs from one in production."""

    pool_size: int
    acquire_timeout_seconds: float
    write_timeout_seconds: float


class Stage(ABC):
    """A place to run coroutines, each with the same database in use."""

    driver: Driver

    def run(
        self,
        body: Coroutine[object, object, T],
        *,
        seam: Seam | None = None,
        **options: Unpack[Options],
    ) -> T:
        """Run a coroutine to its end, and see to it that it leaves nothing held."""
        with use_database(Database(self.driver, **options)) as database:
            result = self._run(body, seam or Overseer())
        assert (database.pool.holds, database.write_lock.holder) == ({}, None)
        return result

    @abstractmethod
    def _run(self, body: Coroutine[object, object, T], seam: Seam) -> T: ...


class RealStage(Stage):
    """A database file, through aiosqlite, in real time."""

    def __init__(self, path: Path):
        self.path = path
        path.write_bytes(_filled_file())
        self.driver = AiosqliteDriver(path)

    def _run(self, body: Coroutine[object, object, T], seam: Seam) -> T:
        with installed(seam):
            return asyncio.run(body)


@functools.cache
def _filled_file() -> bytes:
    """A database file, made once: a copy takes a fraction of the time."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "interview.db"
        file.create(path, FILL)
        return path.read_bytes()


class SimulatedStage(Stage):
    """A database in memory, in simulated time."""

    def __init__(self) -> None:
        self.driver = SimulatedDriver(FILL)

    def _run(self, body: Coroutine[object, object, T], seam: Seam) -> T:
        with Simulation(seam) as simulation:
            return simulation.run(body)


def on_both_drivers(
    **options: Unpack[Options],
) -> Callable[[Callable[..., Coroutine[object, object, None]]], Callable[..., None]]:
    """Make a coroutine function a test that runs on either driver, with its database in use."""

    def decorate(test: Callable[..., Coroutine[object, object, None]]) -> Callable[..., None]:
        @functools.wraps(test)
        def on_stage(*, stage: Stage, **fixtures: object) -> None:
            stage.run(test(**fixtures), **options)

        given = inspect.signature(test)
        stage = inspect.Parameter("stage", inspect.Parameter.KEYWORD_ONLY)
        # pytest reads here which fixtures to pass.
        on_stage.__signature__ = given.replace(  # type: ignore[attr-defined]
            parameters=[*given.parameters.values(), stage]
        )
        return on_stage

    return decorate


async def add(name: str) -> None:
    """Insert a campaign: the smallest write there is."""
    await execute_sql("INSERT INTO campaigns (name, user_id) VALUES (?, 1)", [name])


async def added() -> list[object]:
    """The names of what was added, in order."""
    rows = await execute_sql("SELECT name FROM campaigns WHERE user_id = 1 ORDER BY id")
    return [row["name"] for row in rows]


async def open_connections(number: int) -> None:
    """Have that many connections ready: opening a real one takes as long as it takes."""
    await asyncio.gather(*(execute_sql("SELECT 1") for _ in range(number)))
