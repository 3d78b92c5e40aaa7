"""Marks: a simulated database that is put back again and again, and works as any other."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from infra.database import Database, execute_sql, transaction, use_database
from infra.database.simulated_driver import SimulatedDriver
from infra.simulation import Simulation
from interviewer.selftests.drivers import FILL, add, added

LOOK = "SELECT name FROM campaigns WHERE user_id = 1 ORDER BY id"


@pytest.fixture
def driver() -> SimulatedDriver:
    """A database that was marked."""
    driver = SimulatedDriver(FILL)
    driver.mark()
    return driver


def run(driver: SimulatedDriver, body: Callable[[], Awaitable[object]]) -> object:
    """Run something with that database in use."""

    async def main() -> object:
        return await body()

    with use_database(Database(driver)), Simulation() as simulation:
        return simulation.run(main())


def everything(driver: SimulatedDriver) -> list[object]:
    """Return the rows of all tables, those of SQLite's own among them."""
    tables = driver.peek("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").rows
    return [driver.peek(f"SELECT rowid, * FROM {table!s}").rows for (table,) in tables]


async def fails_halfway() -> list[object]:
    with suppress(ValueError):
        async with transaction():
            await add("undone")
            raise ValueError("halfway")
    return await added()


async def commits() -> list[object]:
    async with transaction():
        await add("kept")
    await add("by itself")
    return await added()


async def undoes_the_inner() -> list[object]:
    async with transaction():
        await add("outer")
        with suppress(ValueError):
            async with transaction():
                await add("inner")
                raise ValueError("inner")
        async with transaction():
            await add("second inner")
    return await added()


async def keeps_what_an_error_leaves() -> list[object]:
    async with transaction():
        await add("before")
        with pytest.raises(sqlite3.IntegrityError):
            await execute_sql("INSERT INTO campaigns (id, name, user_id) VALUES (1, 'again', 1)")
    return await added()


async def rolls_back_by_an_error() -> list[object]:
    told = ""
    try:
        async with transaction():
            await add("before")
            with pytest.raises(sqlite3.IntegrityError):
                await execute_sql(
                    "INSERT OR ROLLBACK INTO campaigns (id, name, user_id) VALUES (1, 'again', 1)"
                )
    except sqlite3.OperationalError as error:
        told = str(error)
    await add("after")
    return [told, *await added()]


async def words_in_a_text() -> list[object]:
    await execute_sql("INSERT INTO campaigns (name, user_id) VALUES ('stay OR ROLLBACK', 1)")
    return await added()


async def chance_and_ids() -> list[object]:
    (luck,) = await execute_sql("SELECT random() AS luck")
    first = await execute_sql("UPDATE campaigns SET user_id = 0")
    await add("new")
    await add("newer")
    last = await execute_sql("SELECT max(id) AS id FROM campaigns")
    return [luck["luck"], first.lastrowid, last[0]["id"]]


STORIES = [
    fails_halfway,
    commits,
    undoes_the_inner,
    keeps_what_an_error_leaves,
    rolls_back_by_an_error,
    words_in_a_text,
]


@pytest.mark.parametrize("story", STORIES)
def test_a_marked_database_is_as_any_other(
    driver: SimulatedDriver, story: Callable[[], Awaitable[object]]
) -> None:
    """Transactions, savepoints and errors do the same inside of a mark as without one."""
    marked = run(driver, story)

    assert marked == run(SimulatedDriver(FILL), story)


@pytest.mark.parametrize("story", [*STORIES, chance_and_ids])
def test_each_run_begins_as_the_first(
    driver: SimulatedDriver, story: Callable[[], Awaitable[object]]
) -> None:
    """After `rewind` nothing is left of the run before: no rows, no ids, no luck."""
    driver.rewind()
    before = everything(driver)
    first = run(driver, story)

    driver.rewind()

    assert everything(driver) == before
    assert run(driver, story) == first


def test_rewind_ends_what_is_open(driver: SimulatedDriver) -> None:
    """A transaction that nobody has ended is gone, and the next one can begin."""

    async def leaves_open() -> bool:
        connection = await driver.connect()
        await connection.run("BEGIN IMMEDIATE")
        await connection.run("INSERT INTO campaigns (name, user_id) VALUES ('open', 1)")
        return driver.in_transaction

    was_open = run(driver, leaves_open)
    driver.rewind()

    assert (was_open, driver.in_transaction, driver.peek(LOOK).rows) == (True, False, [])
    assert run(driver, commits) == ["kept", "by itself"]


def test_others_read_what_was_committed(driver: SimulatedDriver) -> None:
    """While a transaction is open others do not see it, its owner and `peek` do; then all do."""

    async def read_beside() -> list[object]:
        writer, reader = await driver.connect(), await driver.connect()
        await writer.run("BEGIN IMMEDIATE")
        await writer.run("INSERT INTO campaigns (name, user_id) VALUES ('one', 1)")
        await writer.run("SAVEPOINT level_1")
        await writer.run("INSERT INTO campaigns (name, user_id) VALUES ('two', 1)")
        seen: list[object] = [(await reader.run(LOOK)).rows]
        await writer.run("ROLLBACK TO level_1")
        seen += [(await writer.run(LOOK)).rows, (await reader.run(LOOK)).rows]
        seen.append(driver.peek(LOOK).rows)
        await writer.run("COMMIT")
        return [*seen, (await reader.run(LOOK)).rows]

    assert run(driver, read_beside) == [[], [("one",)], [], [("one",)], [("one",)]]


def test_a_transaction_can_be_rolled_back_from_outside(driver: SimulatedDriver) -> None:
    """As when a worker dies: what it wrote is gone at once, what was committed stays."""

    async def dies() -> list[object]:
        await add("before")
        connection = await driver.connect()
        await connection.run("BEGIN IMMEDIATE")
        await connection.run("INSERT INTO campaigns (name, user_id) VALUES ('dead', 1)")
        driver.roll_back(connection)
        return [driver.in_transaction, connection.in_transaction, *await added()]

    assert run(driver, dies) == [False, False, "before"]


def test_work_is_counted_inside_the_block(driver: SimulatedDriver) -> None:
    """A statement that looks at many rows is more work than one that looks at few."""
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) "

    with driver.counting_work() as little:
        driver.peek("SELECT 1")
    with driver.counting_work() as much:
        driver.peek(f"{many} SELECT count(*) FROM n")
    before = much.instructions
    driver.peek(f"{many} SELECT count(*) FROM n")

    assert (little.instructions < 1000, much.instructions > 5000) == (True, True)
    assert much.instructions == before
