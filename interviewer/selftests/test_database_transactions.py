"""`transaction()`: what is inside commits together, or is as if it had never been."""

# ruff: noqa: PT012 - a transaction is a block, and it is the block that raises

import asyncio
import sqlite3
from collections.abc import AsyncIterator

import pytest

from infra.context import as_worker
from infra.database import execute_sql, transaction
from infra.operations import Operation
from infra.simulation import Crash, Moment, Overseer
from interviewer.selftests.drivers import Stage, add, added, on_both_drivers


async def time_out(limit: asyncio.Timeout) -> None:
    """Have `limit` cancel this task now."""
    limit.reschedule(asyncio.get_running_loop().time())
    await asyncio.Event().wait()


class CrashAt:
    """Lets whoever does it die at this moment of an operation."""

    def __init__(self, call: str, moment: Moment):
        self.call = call
        self.moment = moment

    def strikes(self, operation: Operation, moment: Moment) -> bool:
        return operation.call.startswith(self.call) and moment == self.moment


@on_both_drivers()
async def test_statements_outside_a_transaction_commit_one_by_one() -> None:
    """Without a transaction what was done before an error stays."""
    with pytest.raises(sqlite3.IntegrityError):
        await execute_sql("INSERT INTO campaigns (name, user_id) VALUES ('A', 1), (NULL, 1)")
    await add("B")

    assert await added() == ["B"]


@on_both_drivers()
async def test_statements_inside_commit_together() -> None:
    """A transaction sees its own work while it is open, and leaves all of it behind."""
    async with transaction():
        await add("A")
        inside = await added()
        await add("B")

    assert (inside, await added()) == (["A"], ["A", "B"])


@on_both_drivers()
async def test_an_error_undoes_everything_and_goes_on() -> None:
    """An error that leaves the block rolls back what was inside, and is not swallowed."""
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await add("A")
            _ = 1 / 0

    assert await added() == []


@on_both_drivers()
async def test_a_statement_that_fails_and_is_caught_undoes_itself_only() -> None:
    """A statement's error that stays inside the block leaves the rest to be committed."""
    async with transaction():
        await add("A")
        with pytest.raises(sqlite3.IntegrityError):
            await execute_sql("INSERT INTO campaigns (name, user_id) VALUES ('x', 1), (NULL, 1)")
        await add("B")

    assert await added() == ["A", "B"]


@on_both_drivers()
async def test_a_cancelled_task_leaves_nothing() -> None:
    """`task.cancel()` in the middle of a transaction rolls it back, and others can write."""

    async def work() -> None:
        async with transaction():
            await add("A")
            reached.set()
            await asyncio.Event().wait()

    reached = asyncio.Event()
    task = asyncio.create_task(work())
    await reached.wait()

    task.cancel()
    await asyncio.wait([task])
    await add("B")

    assert (task.cancelled(), await added()) == (True, ["B"])


@on_both_drivers()
async def test_a_timeout_around_a_transaction_undoes_it() -> None:
    """When `asyncio.timeout` ends a transaction from outside, nothing of it is left."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(None) as limit, transaction():
            await add("A")
            await time_out(limit)

    assert await added() == []


@on_both_drivers()
async def test_a_timeout_that_leaves_a_transaction_undoes_it() -> None:
    """A TimeoutError from inside undoes a transaction as any error does."""
    with pytest.raises(TimeoutError):
        async with transaction():
            await add("A")
            async with asyncio.timeout(None) as limit:
                await time_out(limit)

    assert await added() == []


@on_both_drivers()
async def test_a_timeout_that_is_caught_inside_a_transaction_undoes_nothing() -> None:
    """A TimeoutError that stays inside leaves the transaction to be committed."""
    async with transaction():
        await add("A")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(None) as limit:
                await add("B")
                await time_out(limit)
        await add("C")

    assert await added() == ["A", "B", "C"]


@on_both_drivers()
async def test_a_generator_that_is_closed_leaves_nothing() -> None:
    """A transaction inside an async generator that is closed early is rolled back."""

    async def names() -> AsyncIterator[object]:
        async with transaction():
            await add("A")
            for name in await added():
                yield name

    generator = names()
    first = await anext(generator)
    await generator.aclose()  # type: ignore[attr-defined]
    await add("B")

    assert (first, await added()) == ("A", ["B"])


@pytest.mark.parametrize(
    ("call", "moment", "saved"),
    [
        ("BEGIN", "before", []),
        ("BEGIN", "after", []),
        ("INSERT", "before", []),
        ("INSERT", "after", []),
        ("SAVEPOINT", "before", []),
        ("SAVEPOINT", "after", []),
        ("RELEASE", "before", []),
        ("RELEASE", "after", []),
        ("COMMIT", "before", []),
        ("COMMIT", "after", ["A", "B"]),
    ],
)
def test_a_worker_that_dies_leaves_nothing_before_its_commit(
    stage: Stage, call: str, moment: Moment, saved: list[object]
) -> None:
    """A crash at any operation rolls everything back, unless the commit had taken effect."""

    async def body() -> list[object]:
        with as_worker("worker-1"), pytest.raises(Crash):
            async with transaction():
                await add("A")
                async with transaction():
                    await add("B")
        return await added()

    left = stage.run(body(), seam=Overseer(crashes=CrashAt(call, moment)))

    assert left == saved


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_that_dies_at_its_rollback_leaves_nothing(stage: Stage, moment: Moment) -> None:
    """A crash at the rollback of an error has the same end as the rollback."""

    async def body() -> list[object]:
        with as_worker("worker-1"), pytest.raises(Crash):
            async with transaction():
                await add("A")
                raise ValueError
        await add("B")
        return await added()

    left = stage.run(body(), seam=Overseer(crashes=CrashAt("ROLLBACK", moment)))

    assert left == ["B"]


@on_both_drivers()
async def test_a_constraint_that_rolls_back_by_itself_is_told_at_the_commit() -> None:
    """When SQLite itself has rolled back, the block cannot end as if it had been saved."""
    with pytest.raises(sqlite3.OperationalError) as caught:
        async with transaction():
            await add("A")
            with pytest.raises(sqlite3.IntegrityError):
                await execute_sql(
                    "INSERT OR ROLLBACK INTO campaigns (id, name, user_id) VALUES (1, 'x', 1)"
                )

    assert str(caught.value) == (
        "COMMIT failed, nothing was saved: an error inside had SQLite roll everything back"
    )
    assert await added() == []


@on_both_drivers()
async def test_a_commit_that_fails_saves_nothing() -> None:
    """A COMMIT that SQLite refuses says so, saves nothing, and leaves the database in order."""
    with pytest.raises(sqlite3.IntegrityError) as caught:
        async with transaction():
            await execute_sql("PRAGMA defer_foreign_keys = ON")
            await add("A")
            await execute_sql("INSERT INTO jobs (campaign_id, customer_email) VALUES (9, 'x')")
    await add("B")
    async with transaction():
        await add("C")

    assert str(caught.value) == ("COMMIT failed, nothing was saved: FOREIGN KEY constraint failed")
    assert await added() == ["B", "C"]
