"""The moment when a connection, or the turn to write, goes from one task to the next."""

import asyncio

import pytest

from infra.database.driver import Connection
from infra.database.pool import Pool
from infra.database.simulated_driver import SimulatedConnection, SimulatedDriver
from infra.database.write_lock import WriteLock
from infra.errors import DatabaseBusyError, DatabaseUnavailableError


class UnreliableDriver:
    """Fails to connect as often as it is told to, then connects."""

    round_trip_seconds = 0.0

    def __init__(self, failures: int):
        self.failures = failures
        self.connects = 0

    async def connect(self) -> Connection:
        await asyncio.sleep(0)
        self.connects += 1
        if self.connects <= self.failures:
            raise DatabaseUnavailableError
        return connection()


def connection() -> SimulatedConnection:
    return SimulatedConnection(SimulatedDriver())


def small_pool(*, failures: int = 0) -> Pool:
    return Pool(UnreliableDriver(failures), size=1, acquire_timeout_seconds=0.01)


async def test_a_connection_that_comes_to_a_cancelled_task_goes_to_the_next() -> None:
    """A task that is cancelled as its connection comes passes it on to who waits behind it."""
    pool = small_pool()
    first = await pool.acquire("first")
    cancelled = asyncio.create_task(pool.acquire("cancelled"))
    next_one = asyncio.create_task(pool.acquire("next"))
    await asyncio.sleep(0)

    pool.release(first)
    cancelled.cancel()
    await asyncio.wait([cancelled, next_one])

    assert (cancelled.cancelled(), next_one.result()) == (True, first)
    assert [hold.purpose for hold in pool.holds.values()] == ["next"]


async def test_a_connection_that_nobody_waits_for_any_more_is_free() -> None:
    """After the only one who waited is cancelled, a connection that comes back is free for all."""
    pool = small_pool()
    first = await pool.acquire("first")
    cancelled = asyncio.create_task(pool.acquire("cancelled"))
    await asyncio.sleep(0)

    cancelled.cancel()
    await asyncio.wait([cancelled])
    pool.release(first)

    assert await pool.acquire("next") is first


async def test_a_connection_that_could_not_be_opened_takes_no_place() -> None:
    """After an error or a cancel while connecting, the next one may try."""
    pool = small_pool(failures=1)
    with pytest.raises(DatabaseUnavailableError):
        await pool.acquire("fails")
    cancelled = asyncio.create_task(pool.acquire("cancelled"))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.wait([cancelled])

    taken = await pool.acquire("next")

    assert list(pool.holds) == [taken]


async def test_a_broken_connection_is_replaced() -> None:
    """A connection that is given back broken is not used again: a new one takes its place."""
    pool = small_pool()
    broken = await pool.acquire("first")

    pool.release(broken, broken=True)

    assert await pool.acquire("next") is not broken


async def test_a_turn_that_comes_to_a_cancelled_task_goes_to_the_next() -> None:
    """A task that is cancelled as its turn to write comes passes it on to who waits behind it."""
    lock, a, b, c = WriteLock(acquire_timeout_seconds=1), *(connection() for _ in range(3))
    await lock.acquire(a, "first")
    cancelled = asyncio.create_task(lock.acquire(b, "cancelled"))
    next_one = asyncio.create_task(lock.acquire(c, "next"))
    await asyncio.sleep(0)

    lock.release(a)
    cancelled.cancel()
    await asyncio.wait([cancelled, next_one])

    assert cancelled.cancelled()
    assert lock.holder
    assert lock.holder.purpose == "next"


async def test_a_turn_that_was_just_given_away_is_waited_for_no_longer_than_any() -> None:
    """Who asks for the lock after its release, but before the next has it, can time out too."""
    lock, a, b, c = WriteLock(acquire_timeout_seconds=0.01), *(connection() for _ in range(3))
    await lock.acquire(a, "first")
    second = asyncio.create_task(lock.acquire(b, "second"))
    await asyncio.sleep(0)

    lock.release(a)
    with pytest.raises(DatabaseBusyError, match=r"Held by .* \(second\)"):
        await lock.acquire(c, "third")

    assert second.done()


async def test_a_transaction_waits_for_the_statements_under_way() -> None:
    """A transaction begins when the last statement that commits by itself is done."""
    lock, a = WriteLock(acquire_timeout_seconds=1), connection()
    await lock.enter_statement()
    await lock.enter_statement()

    opening = asyncio.create_task(lock.acquire(a, "transaction"))
    begun = []
    for _ in range(2):
        await asyncio.sleep(0)
        begun.append(opening.done())
        lock.leave_statement()
    await opening

    assert begun == [False, False]


async def test_a_transaction_that_is_cancelled_while_statements_run_lets_others_through() -> None:
    """Giving up the wait for statements under way opens the gate for the next ones."""
    lock, a = WriteLock(acquire_timeout_seconds=1), connection()
    await lock.enter_statement()
    opening = asyncio.create_task(lock.acquire(a, "transaction"))
    await asyncio.sleep(0)

    opening.cancel()
    await asyncio.wait([opening])
    await lock.enter_statement()
    lock.leave_statement()
    lock.leave_statement()
    await lock.acquire(a, "another")

    assert opening.cancelled()
