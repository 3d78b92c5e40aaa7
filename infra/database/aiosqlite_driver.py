"""The real driver: SQLite through aiosqlite, each connection on a thread of its own."""

import asyncio
import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import aiosqlite
from aiosqlite.core import _STOP_RUNNING_SENTINEL

from infra.database import file
from infra.database.driver import Result, Value, execute
from infra.database.hop import Answer, Inbox, serve


class AiosqliteDriver:
    """Opens connections to a database file that `file.create` has made."""

    round_trip_seconds = 0.0

    def __init__(self, path: Path):
        self._path = path

    async def connect(self) -> "AiosqliteConnection":
        """Open a connection. Raises DatabaseUnavailableError."""
        connection = AiosqliteConnection(self._path)
        try:
            await connection
        except BaseException:
            # aiosqlite tells the thread to end, but does not wait for it: the loop, which the
            # thread wants to tell, could be closed by then.
            connection.join_thread()
            raise
        return connection


class AiosqliteConnection(aiosqlite.Connection):
    """A connection on which each operation is one hop to the thread.

    aiosqlite's own verbs take a hop to execute, one to fetch and one to close the cursor; its
    `execute_fetchall` takes one, but does not tell the rowcount.
    """

    def __init__(self, path: Path):
        super().__init__(self._open, iter_chunk_size=64)
        self._path = path
        self._opened: sqlite3.Connection | None = None
        self._tx: Any = Inbox()
        # A daemon: a program that forgets to close its loop properly must still be able to exit.
        self._thread = Thread(target=serve, args=(self._tx, _STOP_RUNNING_SENTINEL), daemon=True)

    def stop(self) -> asyncio.Future[Any] | None:
        """Tell the thread to end, and to close what it opened although nobody waits for it."""
        if not self._running:
            return None
        self._tx.put_nowait((None, self._close_opened))
        return super().stop()

    def join_thread(self) -> None:
        """Wait for the end of the thread, when it has been told to end."""
        self._thread.join()

    def run(self, sql: str, values: Sequence[Value] = ()) -> Answer[Result]:
        """Run one statement. Raises sqlite3.Error."""
        return self._execute(execute, self._connection, sql, values)  # type: ignore[no-untyped-call,no-any-return]

    async def reset(self) -> None:
        """Wait for what still runs, then roll back what is open."""
        # The thread's queue is first in, first out: this comes after whatever was cancelled.
        await self._execute(self._conn.rollback)  # type: ignore[no-untyped-call]

    def _execute(self, call, *arguments):  # type: ignore[no-untyped-def]
        # As aiosqlite's own, but the answer itself: a coroutine around it would only cost.
        if not self._running or not self._connection:
            raise ValueError("Connection closed")
        answer: Answer[Any] = Answer()
        self._tx.put_nowait((answer, partial(call, *arguments)))
        return answer

    def _open(self) -> sqlite3.Connection:
        self._opened = file.connect(self._path)
        return self._opened

    def _close_opened(self) -> None:
        if self._opened:
            self._opened.close()
