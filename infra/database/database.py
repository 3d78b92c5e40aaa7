"""A database in use: a driver, a pool of its connections, and the lock that orders its writers."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import TypeVar

from infra.clock import wait
from infra.database.driver import Connection, Driver, Result, Value
from infra.database.pool import Pool
from infra.database.sql import Statement, explain, misplaced
from infra.database.transactions import own_transaction
from infra.database.write_lock import WriteLock
from infra.operations import perform

T = TypeVar("T")

POOL_SIZE = 20
"""One for each worker of a usual run: with fewer they would wait for each other at every turn."""
ACQUIRE_TIMEOUT_SECONDS = 5.0
WRITE_TIMEOUT_SECONDS = 30.0


class Database:
    """Runs statements, each in the calling task's transaction or else by itself.

    Belongs to the event loop in which it is first used, and closes with it.
    """

    def __init__(
        self,
        driver: Driver,
        *,
        pool_size: int = POOL_SIZE,
        acquire_timeout_seconds: float = ACQUIRE_TIMEOUT_SECONDS,
        write_timeout_seconds: float = WRITE_TIMEOUT_SECONDS,
    ):
        self.pool = Pool(driver, size=pool_size, acquire_timeout_seconds=acquire_timeout_seconds)
        self.write_lock = WriteLock(acquire_timeout_seconds=write_timeout_seconds)
        self.closed = False
        self._driver = driver
        self._round_trip_seconds = driver.round_trip_seconds
        self._writer: Connection | None = None
        self._opening_writer = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()
        self._closer: AsyncGenerator[None] | None = None

    async def run(self, statement: Statement, values: tuple[Value, ...] = ()) -> Result:
        """Run one statement. Raises sqlite3.Error, with the statement in its message."""
        opened = own_transaction()
        effect: Callable[[], Awaitable[Result]]
        if opened:
            effect = partial(self._run_inside, opened.connection, statement, values)
        elif statement.inside:
            raise misplaced(statement.sql.split()[0].upper())
        else:
            effect = partial(self._run_by_itself, statement, values)
        try:
            return await perform("database", statement.sql, values, effect)
        except sqlite3.Error as error:
            raise explain(error, statement.sql) from None

    async def acquire(self, purpose: str) -> Connection:
        """Return a connection that is the caller's until it is given back."""
        if self._closer is None:
            self._closer = self._close_with_loop()
            await anext(self._closer)
        return await self.pool.acquire(purpose)

    def answer(self, effect: Awaitable[T]) -> Awaitable[T]:
        """Do it, then let its answer, be it an error, travel back in simulated time."""
        return self._answer_late(effect) if self._round_trip_seconds else effect

    async def _answer_late(self, effect: Awaitable[T]) -> T:
        try:
            return await effect
        finally:
            await wait(self._round_trip_seconds)

    def in_background(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Start work that goes on even if the calling task is cancelled; `close` waits for it."""
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def close(self) -> None:
        """Close every connection. Statements fail from now on."""
        if self.closed:
            return
        self.closed = True
        while self._background:
            await self._background.pop()
        await self.pool.close()
        if self._writer:
            await self._writer.close()

    async def give_back(self, connection: Connection, error: BaseException | None) -> None:
        """Let others have a connection, and the write lock; `error` is what ended its use.

        What was left in the middle of something is cleaned first.
        """
        interrupted = error is not None and not isinstance(error, Exception)
        if not interrupted and not connection.in_transaction:
            self._release(connection)
            return
        cleaning = self.in_background(self._clean(connection))
        # A coroutine that is being closed may not await any more.
        if not isinstance(error, GeneratorExit):
            await asyncio.shield(cleaning)

    async def _clean(self, connection: Connection) -> None:
        broken = True
        with suppress(sqlite3.Error, ValueError):
            await connection.reset()
            broken = False
        self._release(connection, broken=broken)

    def _release(self, connection: Connection, *, broken: bool = False) -> None:
        self.write_lock.release(connection)
        self.pool.release(connection, broken=broken)

    def _run_inside(
        self, connection: Connection, statement: Statement, values: tuple[Value, ...]
    ) -> Awaitable[Result]:
        return self.answer(connection.run(statement.sql, values))

    async def _run_by_itself(self, statement: Statement, values: tuple[Value, ...]) -> Result:
        connection = self.pool.take("a statement") or await self.acquire("a statement")
        run = connection.run if statement.reads else self._write
        try:
            result = await self.answer(run(statement.sql, values))
        except BaseException as error:
            await self.give_back(connection, error)
            raise
        self.pool.release(connection)
        return result

    async def _write(self, sql: str, values: tuple[Value, ...]) -> Result:
        """Run a statement that commits by itself, on the one connection for those."""
        await self.write_lock.enter_statement()
        writer = None
        try:
            writer = self._writer or await self._open_writer()
            return await writer.run(sql, values)
        except asyncio.CancelledError:
            if writer:
                await asyncio.shield(self.in_background(writer.reset()))
            raise
        finally:
            self.write_lock.leave_statement()

    async def _open_writer(self) -> Connection:
        async with self._opening_writer:
            if self._writer is None:
                self._writer = await self._driver.connect()
        return self._writer

    async def _close_with_loop(self) -> AsyncGenerator[None]:
        # asyncio.run closes the async generators that its loop has seen: this one closes us, so
        # that a program need not know of pools.
        try:
            yield
        finally:
            await self.close()
