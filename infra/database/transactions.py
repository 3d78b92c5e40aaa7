"""`transaction()`: everything inside commits together or not at all."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn

from infra.context import caller_line
from infra.database.driver import Connection
from infra.operations import perform

if TYPE_CHECKING:
    from infra.database.database import Database


class OpenTransaction:
    """A transaction under way. It belongs to one task.

    `depth` counts the savepoints in it; `undo` is what to call if it is rolled back, each with
    the depth at which it was asked for.
    """

    __slots__ = ("connection", "depth", "task", "undo")

    def __init__(self, connection: Connection):
        self.connection = connection
        self.task = asyncio.current_task()
        self.depth = 0
        self.undo: list[tuple[int, Callable[[], None]]] = []

    def rolled_back(self, depth: int) -> None:
        """Undo, last first, what was asked for at that depth or below it."""
        while self.undo and self.undo[-1][0] >= depth:
            self.undo.pop()[1]()

    def released(self, depth: int) -> None:
        """From now on what was asked for at that depth stands or falls with the one above."""
        self.undo = [(min(at, depth - 1), undo) for at, undo in self.undo]


_open: ContextVar[OpenTransaction | None] = ContextVar("transaction", default=None)


def own_transaction() -> OpenTransaction | None:
    """Return the transaction of the calling task, or `None`.

    A task inherits the context of the one that started it, but not its transaction.
    """
    opened = _open.get()
    return opened if opened and opened.task is asyncio.current_task() else None


def surrounding_connection() -> Connection | None:
    """Return the connection of the transaction inside of which the calling task goes on.

    Its own, or that of the task that started it; it may have ended meanwhile.
    """
    opened = _open.get()
    return opened.connection if opened else None


def if_rolled_back(undo: Callable[[], None]) -> None:
    """Have `undo` called if the calling task's transaction, or savepoint, is rolled back."""
    opened = own_transaction()
    if opened:
        opened.undo.append((opened.depth, undo))


class Transaction:
    """A context manager: `async with transaction():`. Inside another one it is a savepoint."""

    def __init__(self, database: "Database"):
        self._database = database

    async def __aenter__(self) -> None:
        outer = own_transaction()
        if outer:
            await self._begin_savepoint(outer)
        else:
            await self._begin()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        opened = own_transaction()
        if opened is None:
            raise RuntimeError("a transaction must be left by the task that entered it")
        if opened.depth:
            await self._end_savepoint(opened, error)
        else:
            await self._end(opened, error)

    # Hidden from type checkers, which know that only `async with` goes.
    if not TYPE_CHECKING:

        def __enter__(self) -> NoReturn:
            raise TypeError("write `async with transaction():`")

        __await__ = __enter__

        def __exit__(self, *_: object) -> None:
            """Be looked up: without it Python would not come to the words above."""

    async def _begin(self) -> None:
        database = self._database
        purpose = f"the transaction of {caller_line()}"
        connection: Connection | None = None

        async def begin() -> None:
            nonlocal connection
            connection = await database.acquire(purpose)
            await database.write_lock.acquire(connection, purpose)
            # IMMEDIATE: a deferred BEGIN that later writes can fail with SQLITE_BUSY at once.
            await database.answer(connection.run("BEGIN IMMEDIATE"))

        try:
            await perform("database", "BEGIN IMMEDIATE", (), begin)
        except BaseException as error:
            # Also after a BEGIN that went well, when the worker dies before it hears of it.
            if connection:
                await database.give_back(connection, error)
            raise
        assert connection
        _open.set(OpenTransaction(connection))

    async def _end(self, opened: OpenTransaction, error: BaseException | None) -> None:
        _open.set(None)
        connection = opened.connection
        if error is not None:
            opened.rolled_back(0)
        try:
            if error is None:
                await self._perform("COMMIT", connection, self._commit)
            elif isinstance(error, Exception):
                await self._perform("ROLLBACK", connection, self._roll_back)
        except BaseException as ending_error:
            opened.rolled_back(0)
            await self._database.give_back(connection, ending_error)
            raise
        # A worker that was cancelled or died does nothing more: its connection is cleaned for it.
        await self._database.give_back(connection, error)

    async def _begin_savepoint(self, outer: OpenTransaction) -> None:
        sql = f"SAVEPOINT level_{outer.depth + 1}"
        await self._perform(sql, outer.connection, lambda connection: connection.run(sql))
        outer.depth += 1

    async def _end_savepoint(self, opened: OpenTransaction, error: BaseException | None) -> None:
        release, undo = f"RELEASE level_{opened.depth}", f"ROLLBACK TO level_{opened.depth}"
        opened.depth -= 1

        async def undo_and_release(connection: Connection) -> None:
            await connection.run(undo)
            await connection.run(release)

        connection = opened.connection
        if error is not None:
            opened.rolled_back(opened.depth + 1)
        if error is None:
            await self._perform(release, connection, lambda connection: connection.run(release))
            opened.released(opened.depth + 1)
        elif isinstance(error, asyncio.CancelledError):
            # Who catches it further out, as asyncio.timeout does, must find this undone.
            await asyncio.shield(self._database.in_background(undo_and_release(connection)))
        elif isinstance(error, Exception) and connection.in_transaction:
            await self._perform(undo, connection, undo_and_release)

    async def _commit(self, connection: Connection) -> None:
        if not connection.in_transaction:
            raise sqlite3.OperationalError(
                "COMMIT failed, nothing was saved: an error inside had SQLite roll everything back"
            )
        try:
            await connection.run("COMMIT")
        except sqlite3.Error as error:
            raise type(error)(f"COMMIT failed, nothing was saved: {error}") from None
        self._database.write_lock.release(connection)

    async def _roll_back(self, connection: Connection) -> None:
        if connection.in_transaction:
            await connection.run("ROLLBACK")
        self._database.write_lock.release(connection)

    async def _perform(
        self,
        sql: str,
        connection: Connection,
        effect: Callable[[Connection], Awaitable[object]],
    ) -> None:
        """Do one operation on the transaction's connection."""
        await perform("database", sql, (), lambda: self._database.answer(effect(connection)))
