"""What a database driver is: something that opens connections that run one statement at a time."""

import sqlite3
from collections.abc import Awaitable, Sequence
from typing import NamedTuple, Protocol

Value = str | int | float | bytes | None
"""A value as SQLite keeps it."""


class Result(NamedTuple):
    """What one statement gave.

    `rows` are in the order of `columns`; both are empty for a statement that returns no rows.
    `rowcount` is the number of rows returned, or else changed.
    """

    rows: list[tuple[Value, ...]]
    columns: tuple[str, ...]
    rowcount: int
    lastrowid: int | None


class Connection(Protocol):
    """One session with the database, in the hands of one task at a time."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    def run(self, sql: str, values: Sequence[Value] = ()) -> Awaitable[Result]:
        """Run one statement. Raises sqlite3.Error."""

    async def reset(self) -> None:
        """Wait for what still runs, then roll back what is open: as good as new afterwards."""

    async def close(self) -> None:
        """End the session; what is open is rolled back."""


class Driver(Protocol):
    """A way to reach one database."""

    @property
    def round_trip_seconds(self) -> float:
        """Simulated time from a statement's effect to its answer; 0 where time is real."""

    async def connect(self) -> Connection:
        """Open a connection. Raises DatabaseUnavailableError."""


def execute(connection: sqlite3.Connection, sql: str, values: Sequence[Value]) -> Result:
    """Run one statement on an SQLite connection and take everything it gives."""
    cursor = connection.execute(sql, values)
    if cursor.description is None:
        return Result([], (), _rows_changed(connection, cursor, sql), cursor.lastrowid)
    rows = cursor.fetchall()
    columns = tuple([column[0] for column in cursor.description])
    return Result(rows, columns, len(rows), cursor.lastrowid)


def _rows_changed(connection: sqlite3.Connection, cursor: sqlite3.Cursor, sql: str) -> int:
    if cursor.rowcount >= 0:
        return cursor.rowcount
    # Python counts for INSERT, UPDATE, DELETE and REPLACE, not for those that begin with WITH.
    if sql[:4].upper() != "WITH":
        return 0
    (changed,) = connection.execute("SELECT changes()").fetchone()
    return int(changed)
