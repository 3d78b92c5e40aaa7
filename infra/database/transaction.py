"""`transaction()`: everything inside commits together or not at all."""

import asyncio
import sqlite3
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

from infra.context import caller_line
from infra.operations import perform

if TYPE_CHECKING:
    from infra.database.database import Database, Lease


@dataclass(slots=True, eq=False)
class OpenTransaction:
    """A transaction under way. It belongs to one task; `depth` counts the savepoints in it."""

    lease: "Lease"
    task: asyncio.Task[object] | None
    depth: int = 0


_open: ContextVar[OpenTransaction | None] = ContextVar("transaction", default=None)


def own_transaction() -> OpenTransaction | None:
    """Return the transaction of the calling task, or `None`.

    A task inherits the context of the one that started it, but not its transaction.
    """
    opened = _open.get()
    return opened if opened and opened.task is asyncio.current_task() else None


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

    async def _begin(self) -> None:
        lease = self._database.lease(f"the transaction of {caller_line()}", writing=True)

        async def begin() -> None:
            await lease.begin()
            # IMMEDIATE: a deferred BEGIN that later writes can fail with SQLITE_BUSY at once.
            await self._database.answer(lease.connection.run("BEGIN IMMEDIATE"))

        try:
            await perform("database", "BEGIN IMMEDIATE", (), begin)
        except BaseException as error:
            # Also after a BEGIN that went well, when the worker dies before it hears of it.
            await lease.end(error)
            raise
        _open.set(OpenTransaction(lease, asyncio.current_task()))

    async def _end(self, opened: OpenTransaction, error: BaseException | None) -> None:
        _open.set(None)
        lease, database = opened.lease, self._database
        try:
            if error is None:
                await perform("database", "COMMIT", (), lambda: database.answer(_commit(lease)))
            elif isinstance(error, Exception):
                await perform("database", "ROLLBACK", (), lambda: database.answer(_roll_back(lease)))
        except BaseException as ending_error:
            await lease.end(ending_error)
            raise
        # A worker that was cancelled or died does nothing more: its connection is cleaned for it.
        await lease.end(error)

    async def _begin_savepoint(self, outer: OpenTransaction) -> None:
        sql = f"SAVEPOINT level_{outer.depth + 1}"
        await self._run(outer, sql)
        outer.depth += 1

    async def _end_savepoint(self, opened: OpenTransaction, error: BaseException | None) -> None:
        name = f"level_{opened.depth}"
        opened.depth -= 1
        if error is None:
            await self._run(opened, f"RELEASE {name}")
        elif isinstance(error, asyncio.CancelledError):
            # Who catches it further out, as asyncio.timeout does, must find this undone.
            await asyncio.shield(self._database.in_background(_undo(opened, name)))
        elif isinstance(error, Exception) and opened.lease.connection.in_transaction:
            await perform(
                "database",
                f"ROLLBACK TO {name}",
                (),
                lambda: self._database.answer(_undo(opened, name)),
            )

    async def _run(self, opened: OpenTransaction, sql: str) -> None:
        database, connection = self._database, opened.lease.connection
        await perform("database", sql, (), lambda: database.answer(connection.run(sql)))


async def _undo(opened: OpenTransaction, name: str) -> None:
    await opened.lease.connection.run(f"ROLLBACK TO {name}")
    await opened.lease.connection.run(f"RELEASE {name}")


async def _commit(lease: "Lease") -> None:
    if not lease.connection.in_transaction:
        raise sqlite3.OperationalError(
            "COMMIT failed, nothing was saved: an error inside had SQLite roll everything back"
        )
    try:
        await lease.connection.run("COMMIT")
    except sqlite3.Error as error:
        raise type(error)(f"COMMIT failed, nothing was saved: {error}") from None
    lease.stop_writing()


async def _roll_back(lease: "Lease") -> None:
    if lease.connection.in_transaction:
        await lease.connection.run("ROLLBACK")
    lease.stop_writing()
