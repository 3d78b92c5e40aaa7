"""Waiting for a connection or for one's turn to write: how it ends when it does not end well."""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Coroutine

import pytest

from infra.context import as_worker
from infra.database import current_database, execute_sql, transaction
from infra.errors import DatabaseBusyError
from interviewer.selftests.drivers import Stage, add, added, on_both_drivers, open_connections

HERE = "interviewer/selftests/test_database_waits.py"


async def hold_in_transaction(held: asyncio.Event, done: asyncio.Event) -> None:
    """Hold a transaction as worker-1, from `held` until `done`."""
    with as_worker("worker-1"):
        async with transaction():
            await add("holder")
            held.set()
            await done.wait()


async def write_in_transaction(name: str = "waiter") -> None:
    async with transaction():
        await add(name)


def told(error: BaseException) -> str:
    """An error's message, with all lines of code and all seconds held made one."""
    return re.sub(r":\d+\)", ":…)", re.sub(r"for \d+\.\d s", "for … s", str(error)))


@pytest.mark.parametrize("write", [add, write_in_transaction])
@on_both_drivers(write_timeout_seconds=0.05)
async def test_a_child_that_writes_while_its_parent_waits_is_told_who_holds_what(
    write: Callable[[str], Coroutine[object, object, None]],
) -> None:
    """A deadlock of a transaction with its own child ends, and says who holds what since when."""

    async def wait_for_child() -> None:
        async with transaction():
            await add("A")
            await asyncio.create_task(write("child"))

    with as_worker("worker-7"), pytest.raises(DatabaseBusyError) as caught:
        await wait_for_child()
    await add("B")

    assert told(caught.value) == (
        "could not write within 0.1 s: is a transaction held across an API call? "
        f"Held by worker-7 for … s (the transaction of {HERE}:…). "
        "Only the task that opened a transaction belongs to it, not the tasks it starts"
    )
    assert await added() == ["B"]


@on_both_drivers(pool_size=2, acquire_timeout_seconds=0.05)
async def test_who_gets_no_connection_is_told_who_holds_them() -> None:
    """When the pool is used up, the error counts it and names each holder and what it does."""

    async def wait_to_write() -> None:
        with as_worker("worker-2"):
            await write_in_transaction()

    held, done = asyncio.Event(), asyncio.Event()
    holder = asyncio.create_task(hold_in_transaction(held, done))
    await held.wait()
    waiter = asyncio.create_task(wait_to_write())
    await asyncio.sleep(0)

    with pytest.raises(DatabaseBusyError) as caught:
        await added()
    done.set()
    await asyncio.gather(holder, waiter)

    assert told(caught.value) == (
        "no free connection after 0.1 s (2 of 2 in use): "
        "is a transaction held across an API call? "
        f"In use by worker-1 for … s (the transaction of {HERE}:…); "
        f"worker-2 for … s (the transaction of {HERE}:…)"
    )
    assert await added() == ["holder", "waiter"]


@on_both_drivers(pool_size=1, acquire_timeout_seconds=0.05)
async def test_who_has_waited_in_vain_leaves_no_place_behind() -> None:
    """However many have given up, there is still one connection, and the next one waits for it."""
    held, done = asyncio.Event(), asyncio.Event()
    holder = asyncio.create_task(hold_in_transaction(held, done))
    await held.wait()

    outcomes = await asyncio.gather(*(added() for _ in range(3)), return_exceptions=True)
    with pytest.raises(DatabaseBusyError, match="1 of 1 in use"):
        await added()
    done.set()
    await holder

    assert [type(outcome) for outcome in outcomes] == [DatabaseBusyError] * 3
    assert await added() == ["holder"]


@on_both_drivers(pool_size=1)
async def test_connections_are_given_in_the_order_they_were_asked_for() -> None:
    """Who waits for a connection gets it first come, first served."""
    order: list[int] = []

    async def use(number: int) -> None:
        await execute_sql("SELECT 1")
        order.append(number)

    await asyncio.gather(*(use(number) for number in range(10)))

    assert order == list(range(10))


@on_both_drivers()
async def test_transactions_begin_in_the_order_they_were_asked_for() -> None:
    """Who waits to write gets its turn first come, first served."""
    await open_connections(8)

    await asyncio.gather(*(write_in_transaction(str(number)) for number in range(8)))

    assert await added() == [str(number) for number in range(8)]


@pytest.mark.parametrize("wait", [added, write_in_transaction, lambda: add("waiter")])
@on_both_drivers(pool_size=1)
async def test_a_cancelled_wait_for_a_connection_leaves_nothing_behind(
    wait: Callable[[], Coroutine[object, object, object]],
) -> None:
    """A task that is cancelled while it waits for a connection does not keep it from others."""
    held, done = asyncio.Event(), asyncio.Event()
    holder = asyncio.create_task(hold_in_transaction(held, done))
    await held.wait()
    waiter = asyncio.create_task(wait())
    await asyncio.sleep(0)

    waiter.cancel()
    await asyncio.wait([waiter])
    in_use = len(current_database().pool.holds)
    done.set()
    await holder
    await write_in_transaction("after")

    assert (waiter.cancelled(), in_use, await added()) == (True, 1, ["holder", "after"])


@pytest.mark.parametrize("wait", [write_in_transaction, lambda: add("waiter")])
@on_both_drivers()
async def test_a_cancelled_wait_to_write_leaves_nothing_behind(
    wait: Callable[[], Coroutine[object, object, object]],
) -> None:
    """A task that is cancelled while it waits for its turn to write gives everything back."""
    held, done = asyncio.Event(), asyncio.Event()
    holder = asyncio.create_task(hold_in_transaction(held, done))
    await held.wait()
    waiter = asyncio.create_task(wait())
    await asyncio.sleep(0)

    waiter.cancel()
    await asyncio.wait([waiter])
    in_use = len(current_database().pool.holds)
    done.set()
    await holder
    await write_in_transaction("after")
    await add("at last")

    assert (waiter.cancelled(), in_use) == (True, 1)
    assert await added() == ["holder", "after", "at last"]


@pytest.mark.parametrize("pool_size", [1, 2, 10])
def test_a_cancel_at_any_moment_leaves_all_or_nothing(stage: Stage, pool_size: int) -> None:
    """Wherever a cancel meets one of several writers, it wrote both rows or none; others go on."""

    async def write_two(name: str) -> None:
        async with transaction():
            await add(f"{name} 1")
            await add(f"{name} 2")

    async def body(pauses: int) -> tuple[list[str], int]:
        before = len(await added())
        tasks = [asyncio.create_task(write_two(name)) for name in ("A", "B", "C")]
        for _ in range(pauses):
            await (execute_sql("SELECT 1") if pool_size > 3 else asyncio.sleep(0.0004))
        tasks[1].cancel()
        await asyncio.wait(tasks)
        await add("after")
        return sorted(map(str, (await added())[before:])), len(current_database().pool.holds)

    results = [stage.run(body(pauses), pool_size=pool_size) for pauses in range(16)]

    cancelled = (["A 1", "A 2", "C 1", "C 2", "after"], 0)
    in_time = (["A 1", "A 2", "B 1", "B 2", "C 1", "C 2", "after"], 0)
    assert [result for result in results if result not in (cancelled, in_time)] == []
    assert results[0] == cancelled


@on_both_drivers()
async def test_a_closed_database_says_so() -> None:
    """After `close` a statement or a transaction is an error that says that it is closed."""
    await add("A")
    await current_database().close()
    await current_database().close()

    with pytest.raises(sqlite3.ProgrammingError) as by_statement:
        await added()
    with pytest.raises(sqlite3.ProgrammingError) as by_transaction:
        await write_in_transaction()

    assert str(by_statement.value).startswith("the database is closed")
    assert str(by_transaction.value) == "the database is closed"
