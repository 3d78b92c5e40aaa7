"""The simulated driver's own: transactions set aside, SQL's clock, SQL's chance."""

# ruff: noqa: PT012 - a transaction is a block, and it is the block that raises

import asyncio
import sqlite3
from collections.abc import Coroutine
from datetime import timedelta
from typing import TypeVar

import pytest

from infra.clock import now
from infra.database import Database, execute_sql, transaction, use_database
from infra.database.simulated_driver import SimulatedDriver
from infra.simulation import Simulation
from interviewer.selftests.drivers import FILL, SimulatedStage, add, added

T = TypeVar("T")


async def looked_at(sql: str = "SELECT name FROM campaigns WHERE user_id = 1") -> list[object]:
    """What another task sees, in the first column."""
    rows = await asyncio.create_task(execute_sql(sql))
    return [next(iter(row.values())) for row in rows]


def run(body: Coroutine[object, object, T], *, seed: int = 0) -> T:
    """Run a coroutine in a simulation, with a new database in use."""
    with Simulation() as simulation, use_database(Database(SimulatedDriver(FILL, seed=seed))):
        return simulation.run(body)


def test_a_transaction_goes_on_as_if_nobody_had_looked() -> None:
    """However often others read meanwhile, they see the committed rows, and it sees its own."""

    async def body() -> tuple[object, ...]:
        seen, own = [], []
        async with transaction():
            for name in "ABC":
                await add(name)
                seen += [await looked_at(), await looked_at()]
                own.append(await added())
        return seen, own, await looked_at()

    assert run(body()) == ([[]] * 6, [["A"], ["A", "B"], ["A", "B", "C"]], ["A", "B", "C"])


def test_savepoints_survive_a_look() -> None:
    """Savepoints that were released, undone, or are still open are so after a look, too."""

    async def body() -> tuple[object, ...]:
        own = []
        async with transaction():
            await add("A")
            with pytest.raises(ZeroDivisionError):
                async with transaction():
                    await add("x")
                    await looked_at()
                    _ = 1 / 0
            own.append(await added())
            async with transaction():
                await add("B")
            await looked_at()
            with pytest.raises(ZeroDivisionError):
                async with transaction():
                    await add("y")
                    async with transaction():
                        await add("z")
                        await looked_at()
                        own.append(await added())
                    _ = 1 / 0
            seen = await looked_at()
            own.append(await added())
        return own, seen, await looked_at()

    assert run(body()) == ([["A"], ["A", "B", "y", "z"], ["A", "B"]], [], ["A", "B"])


def test_statements_that_failed_fail_again() -> None:
    """A statement that failed, even after its first rows, has left nothing after a look."""

    async def body() -> list[object]:
        async with transaction():
            await add("A")
            for wrong in ("VALUES ('x', 1), (NULL, 1)", "VALUES (nope, 1)", "VALUES ('x', 1, 2)"):
                with pytest.raises(sqlite3.Error):
                    await execute_sql(f"INSERT INTO campaigns (name, user_id) {wrong}")
                await looked_at()
            await add("B")
            await looked_at()
        return await looked_at()

    assert run(body()) == ["A", "B"]


def test_a_transaction_that_sqlite_rolled_back_stays_so_after_a_look() -> None:
    """When an error rolled everything back, what follows stands alone, and COMMIT fails."""

    async def body() -> list[object]:
        with pytest.raises(sqlite3.OperationalError, match="COMMIT failed, nothing was saved"):
            async with transaction():
                await add("A")
                await looked_at()
                with pytest.raises(sqlite3.IntegrityError):
                    await execute_sql(
                        "INSERT OR ROLLBACK INTO campaigns (id, name, user_id) VALUES (1, 'x', 1)"
                    )
                await looked_at()
        return await looked_at()

    assert run(body()) == []


def test_what_was_computed_stays_the_same_after_a_look() -> None:
    """Moments, chance and ids that a transaction has written are what it was told, and stay."""
    sql = """
        INSERT INTO campaigns (name, user_id, created_at)
        VALUES (hex(randomblob(8)), random(), strftime('%Y-%m-%d %H:%M:%f', 'now')), ('b', 2, 'now')
        RETURNING id, name, user_id, created_at
    """

    async def body() -> tuple[list[object], list[object], list[object]]:
        async with transaction():
            told: list[object] = [*await execute_sql(sql)]
            await asyncio.sleep(3600)
            await execute_sql("UPDATE campaigns SET status = 'paused' WHERE user_id = random()")
            told += await execute_sql(sql)
            await looked_at("SELECT random(), datetime('now')")
            await looked_at()
            own = await execute_sql(
                "SELECT id, name, user_id, created_at FROM campaigns WHERE id > 1 ORDER BY id"
            )
            told += await execute_sql(sql)
        kept = await execute_sql(
            "SELECT id, name, user_id, created_at FROM campaigns WHERE id > 1 ORDER BY id"
        )
        return told, [*own], [*kept]

    told, own, kept = run(body())
    assert (kept, own) == (told, told[:4])


def test_a_look_changes_nothing_of_what_comes_by_chance() -> None:
    """What a transaction draws does not depend on whether somebody has looked before."""

    async def body(looks: int) -> object:
        async with transaction():
            await add("A")
            for _ in range(2):
                await (looked_at() if looks else added())
            return await execute_sql("SELECT random() AS n, hex(randomblob(4)) AS b")

    assert run(body(looks=True)) == run(body(looks=False))


def test_a_transaction_that_nobody_commits_is_gone_after_a_look() -> None:
    """A transaction that was set aside and put back can still be rolled back."""

    async def body() -> list[object]:
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await add("A")
                await looked_at()
                _ = 1 / 0
        return await looked_at()

    assert run(body()) == []


def test_a_wrong_statement_of_another_harms_no_transaction() -> None:
    """When the one who looks makes a mistake, it is told so, and the transaction goes on."""

    async def body() -> list[object]:
        async with transaction():
            await add("A")
            with pytest.raises(sqlite3.OperationalError, match="no such column: nope"):
                await looked_at("SELECT nope FROM jobs")
            await add("B")
        return await looked_at()

    assert run(body()) == ["A", "B"]


@pytest.mark.parametrize("sql", ["SELECT random() AS n", "SELECT hex(randomblob(9)) AS n"])
def test_chance_comes_from_the_seed(sql: str) -> None:
    """SQL's chance is the same for the same seed, another for another, and varies by statement."""

    async def body() -> list[object]:
        return [(await execute_sql(sql))[0]["n"] for _ in range(5)]

    first, again, other = run(body(), seed=1), run(body(), seed=1), run(body(), seed=2)

    assert first == again
    assert len({*first, *other}) == 10


def test_chance_varies_by_row() -> None:
    """`ORDER BY random()` mixes rows: each gets a number of its own, in the range of SQLite's."""

    async def body() -> list[list[object]]:
        rows = await execute_sql(
            "SELECT value, random() AS n, typeof(random()) AS kind, length(randomblob(0)) AS size "
            "FROM json_each('[1,2,3,4,5,6,7,8]') ORDER BY random()"
        )
        return [[row[column] for row in rows] for column in rows[0]]

    values, numbers, kinds, sizes = run(body())

    in_order = list(range(1, 9))
    assert (set(values), values == in_order, len(set(numbers))) == ({*in_order}, False, 8)
    assert (set(kinds), set(sizes)) == ({"integer"}, {1})


def test_an_index_can_be_searched_for_the_present() -> None:
    """A query for what is due reads the index, as with SQLite's own functions."""

    async def body() -> object:
        plan = await execute_sql(
            "EXPLAIN QUERY PLAN SELECT id FROM jobs "
            "WHERE status = 'pending' AND scheduled_for <= datetime('now')"
        )
        return plan[0]["detail"]

    assert run(body()) == (
        "SEARCH jobs USING COVERING INDEX jobs_by_status_and_due (status=? AND scheduled_for<?)"
    )


def test_what_a_database_is_filled_with_is_of_its_time() -> None:
    """Rows that a database begins with were created at the simulated time."""

    async def body() -> object:
        (row,) = await execute_sql("SELECT created_at FROM campaigns")
        return row["created_at"]

    assert run(body()) == "2030-01-01 09:00:00.000000"


def test_two_databases_share_nothing() -> None:
    """Each driver has a database of its own."""
    one, other = SimulatedStage(), SimulatedStage()

    one.run(add("A"))

    assert (one.run(added()), other.run(added())) == (["A"], [])


def test_a_moment_is_the_same_throughout_a_statement() -> None:
    """All of SQL's present moments within a statement are the clock's, to the millisecond."""

    async def body() -> bool:
        await asyncio.sleep(0.0005)
        (row,) = await execute_sql(
            "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now') AS a, strftime('%Y-%m-%d %H:%M:%f') AS b"
        )
        before = (now() - timedelta(seconds=0.0012)).isoformat(" ", "milliseconds")[:23]
        return row == {"a": before, "b": before}

    assert run(body())
