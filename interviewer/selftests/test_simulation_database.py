"""The database in simulated time: SQL's clock is everybody's, and a round trip takes 1.2 ms."""

import asyncio
from collections.abc import Coroutine
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

import pytest

from infra.database import Database, execute_sql, transaction, use_database
from infra.database.simulated_driver import SimulatedDriver
from infra.simulation import Simulation
from interviewer.selftests.drivers import FILL

T = TypeVar("T")


def run(body: Coroutine[object, object, T]) -> T:
    """Run a coroutine in a simulation of its own, with a database in use."""
    with Simulation() as simulation, use_database(Database(SimulatedDriver(FILL))):
        return simulation.run(body)


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("CURRENT_TIMESTAMP", "2030-01-01 21:00:01"),
        ("current_date", "2030-01-01"),
        ("CURRENT_TIME", "21:00:01"),
        ("datetime('now')", "2030-01-01 21:00:01"),
        ("datetime()", "2030-01-01 21:00:01"),
        ("datetime('NOW', '+1 hour')", "2030-01-01 22:00:01"),
        ("datetime('now', '-1 day', 'start of month')", "2029-12-01 00:00:00"),
        ("date('now')", "2030-01-01"),
        ("date('now', '+4 hours')", "2030-01-02"),
        ("time('now')", "21:00:01"),
        ("strftime('%Y-%m-%d %H:%M:%f', 'now')", "2030-01-01 21:00:01.500"),
        ("strftime('%H:%M')", "21:00"),
        ("strftime('%s', 'now')", "1893531601"),
        ("unixepoch('now')", 1893531601),
        ("round((julianday('now') - julianday('2030-01-01')) * 24, 3)", 21.0),
        ("datetime('2020-02-02 02:02:02', '+1 day')", "2020-02-03 02:02:02"),
        ("datetime(0, 'unixepoch')", "1970-01-01 00:00:00"),
        ("datetime(NULL)", None),
        ("datetime('nonsense')", None),
        ("strftime(NULL, 'now')", None),
    ],
)
def test_sqls_present_is_the_simulated_one(sql: str, value: object) -> None:
    """Every way to ask SQLite for the time gives the simulated one; other moments are theirs."""

    async def body() -> object:
        await asyncio.sleep(12 * 3600 + 1.5)
        (row,) = await execute_sql(f"SELECT {sql} AS value")
        return row["value"]

    assert run(body()) == value


def test_defaults_of_columns_are_simulated_moments() -> None:
    """A row that says nothing of `created_at` was created at the simulated time."""

    async def body() -> object:
        await asyncio.sleep(86400.25)
        await execute_sql("INSERT INTO jobs (campaign_id, customer_email) VALUES (1, 'x')")
        (row,) = await execute_sql("SELECT created_at FROM jobs WHERE id = 3")
        return row["created_at"]

    assert run(body()) == "2030-01-02 09:00:00.250000"


@pytest.mark.parametrize(
    ("sql", "outcome"),
    [
        ("SELECT 1", nullcontext()),
        ("DELETE FROM jobs", nullcontext()),
        ("SELECT nope", pytest.raises(Exception, match="no such column")),
        ("UPDATE jobs SET status = 'x'", pytest.raises(Exception, match="CHECK")),
    ],
)
def test_a_round_trip_takes_1_2_ms(sql: str, outcome: AbstractContextManager[object]) -> None:
    """A statement takes 1.2 ms of simulated time, be its answer rows or an error."""

    async def body() -> float:
        with outcome:
            await execute_sql(sql)
        return asyncio.get_running_loop().time()

    assert run(body()) == 0.0012


@pytest.mark.parametrize("error", [None, ValueError])
def test_a_transaction_takes_a_round_trip_for_each_of_its_ends(
    error: type[Exception] | None,
) -> None:
    """BEGIN, COMMIT or ROLLBACK, and each statement between them take 1.2 ms each."""

    async def body() -> float:
        with pytest.raises(error) if error else nullcontext():
            async with transaction():
                await execute_sql("SELECT 1")
                if error:
                    raise error
        return asyncio.get_running_loop().time()

    assert round(run(body()), 9) == 0.0036


def test_tasks_wait_side_by_side() -> None:
    """Statements and sleeps of several tasks pass at the same time, not one after another."""

    async def body() -> float:
        await asyncio.gather(
            *(execute_sql("SELECT 1") for _ in range(5)),
            *(execute_sql("UPDATE jobs SET retry_count = 1") for _ in range(5)),
            asyncio.sleep(0.001),
        )
        return asyncio.get_running_loop().time()

    assert run(body()) == 0.0012


def test_a_timeout_can_end_a_statement() -> None:
    """A statement whose answer takes longer than a timeout has its effect, but gives no answer."""

    async def body() -> tuple[object, ...]:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await execute_sql("DELETE FROM jobs WHERE id = 1")
        ended = asyncio.get_running_loop().time()
        return ended, list(await execute_sql("SELECT id FROM jobs"))

    assert run(body()) == (0.001, [{"id": 2}])


def test_calls_nested_too_deeply_are_told_as_that() -> None:
    """A statement at the end of Python's stack raises RecursionError, not an error of SQLite's."""

    async def nest() -> None:
        await execute_sql("SELECT datetime('now')")
        await nest()

    with pytest.raises(RecursionError):
        run(nest())
