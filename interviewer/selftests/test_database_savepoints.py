"""`transaction()` inside `transaction()`: a part that can be undone by itself."""

# ruff: noqa: PT012 - a transaction is a block, and it is the block that raises

import asyncio
import sqlite3

import pytest

from infra.database import execute_sql, transaction
from interviewer.selftests.drivers import add, added, on_both_drivers


@on_both_drivers()
async def test_an_inner_transaction_is_saved_with_the_outer() -> None:
    """What an inner transaction did is seen by the outer, and commits with it."""
    async with transaction():
        await add("A")
        async with transaction():
            await add("B")
        inside = await added()
        await add("C")

    assert (inside, await added()) == (["A", "B"], ["A", "B", "C"])


@on_both_drivers()
async def test_a_savepoint_can_be_made_by_hand() -> None:
    """Inside a transaction SQL's own words for it work, in any letter case."""
    async with transaction():
        await add("A")
        await execute_sql("SAVEPOINT mine")
        await add("x")
        await execute_sql("rollback to savepoint mine")
        await add("B")
        await execute_sql("RELEASE mine")

    assert await added() == ["A", "B"]


@pytest.mark.parametrize("sql", ["SAVEPOINT a", "RELEASE a", "Rollback Transaction to a"])
@on_both_drivers()
async def test_a_savepoint_by_hand_goes_in_a_transaction_only(sql: str) -> None:
    """Outside of one it would begin a transaction that nobody ends."""
    with pytest.raises(sqlite3.ProgrammingError, match="is not for execute_sql: write `async with"):
        await execute_sql(sql)

    await add("A")

    assert await added() == ["A"]


@on_both_drivers()
async def test_an_inner_transaction_goes_with_the_outer() -> None:
    """What an inner transaction did is undone when the outer fails later."""
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            async with transaction():
                await add("A")
            _ = 1 / 0

    assert await added() == []


@on_both_drivers()
async def test_an_inner_error_that_is_caught_undoes_the_inner_only() -> None:
    """An error that ends an inner transaction and is caught leaves the outer as it was."""
    async with transaction():
        await add("A")
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await add("x")
                _ = 1 / 0
        inside = await added()
        await add("B")

    assert (inside, await added()) == (["A"], ["A", "B"])


@on_both_drivers()
async def test_an_inner_timeout_that_is_caught_undoes_the_inner_only() -> None:
    """An inner transaction that `asyncio.timeout` cancels is undone; the outer commits."""
    async with transaction():
        await add("A")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(None) as limit, transaction():
                await add("x")
                limit.reschedule(asyncio.get_running_loop().time())
                await asyncio.Event().wait()
        inside = await added()
        await add("B")

    assert (inside, await added()) == (["A"], ["A", "B"])


@on_both_drivers()
async def test_a_statement_cancelled_in_an_inner_transaction_is_undone_with_it() -> None:
    """A statement that is under way when its inner transaction is cancelled leaves nothing."""
    async with transaction():
        await add("A")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(None) as limit, transaction():
                limit.reschedule(asyncio.get_running_loop().time())
                await add("x")
        await add("B")

    assert await added() == ["A", "B"]


@on_both_drivers()
async def test_transactions_nest_three_deep() -> None:
    """Each level undoes what is inside of it, and nothing else; a level can be used again."""
    async with transaction():
        await add("A")
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await add("x")
                async with transaction():
                    await add("y")
                _ = 1 / 0
        async with transaction():
            await add("B")
            with pytest.raises(ZeroDivisionError):
                async with transaction():
                    await add("z")
                    _ = 1 / 0
            async with transaction():
                await add("C")

    assert await added() == ["A", "B", "C"]


@on_both_drivers()
async def test_an_inner_error_goes_out_when_nobody_catches_it() -> None:
    """An error through all levels undoes all of them and is the one that comes out."""
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await add("A")
            async with transaction():
                await add("B")
                async with transaction():
                    await add("C")
                    _ = 1 / 0

    assert await added() == []


@on_both_drivers()
async def test_a_cancel_goes_through_all_levels() -> None:
    """A task that is cancelled in an inner transaction leaves nothing of the outer either."""

    async def work() -> None:
        async with transaction():
            await add("A")
            async with transaction():
                await add("B")
                reached.set()
                await asyncio.Event().wait()

    reached = asyncio.Event()
    task = asyncio.create_task(work())
    await reached.wait()

    task.cancel()
    await asyncio.wait([task])

    assert (task.cancelled(), await added()) == (True, [])


@on_both_drivers()
async def test_an_inner_transaction_has_ended_when_sqlite_rolled_everything_back() -> None:
    """An error with which SQLite rolls everything back comes out of all levels as itself."""
    with pytest.raises(Exception, match="UNIQUE constraint failed"):
        async with transaction():
            await add("A")
            async with transaction():
                await execute_sql(
                    "INSERT OR ROLLBACK INTO campaigns (id, name, user_id) VALUES (1, 'x', 1)"
                )
    await add("B")

    assert await added() == ["B"]
