"""The database: `execute_sql` and `transaction`, over the one that is in use.

That is `interview.db`, opened when first needed, or what `use_database` says.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, Self, TypeVar, overload

from infra.database.aiosqlite_driver import AiosqliteDriver
from infra.database.database import Database
from infra.database.driver import Result
from infra.database.file import DEFAULT_PATH
from infra.database.sql import prepare, to_values
from infra.database.transactions import Transaction

__all__ = ["Database", "Rows", "current_database", "execute_sql", "transaction", "use_database"]

T = TypeVar("T")

_chosen: Database | None = None
_default: Database | None = None


class Rows(list[T]):
    """What a statement returned, in order.

    `rowcount` is the number of rows returned, or else changed; `lastrowid` the id of the last
    row inserted on this connection, or `None`.
    """

    def __init__(self, rows: Iterable[T], rowcount: int, lastrowid: int | None):
        super().__init__(rows)
        self.rowcount = rowcount
        # Any, so that nobody has to say after an INSERT that it is not None.
        self.lastrowid: int | Any = lastrowid


class Loadable(Protocol):
    """A class whose instances can be made from a statement's result: a model."""

    @classmethod
    def load(cls, result: Result) -> list[Self]:
        """Return an instance for each row."""


M = TypeVar("M", bound=Loadable)


# Any: what is in a column, only the statement's author knows.
@overload
async def execute_sql(
    sql: str, params: Iterable[object] = (), model: None = None
) -> Rows[dict[str, Any]]: ...


@overload
async def execute_sql(sql: str, params: Iterable[object], model: type[M]) -> Rows[M]: ...


@overload
async def execute_sql(sql: str, params: Iterable[object] = (), *, model: type[M]) -> Rows[M]: ...


async def execute_sql(
    sql: str, params: Iterable[object] = (), model: type[M] | None = None
) -> Rows[M] | Rows[dict[str, Any]]:
    """Run one SQL statement, with a `?` for each of `params`, and return its rows.

    Rows are instances of `model` when one is given, else dicts of what SQLite keeps: a moment
    is text. A datetime in `params` is stored as the models store it. `FOR UPDATE`, with
    `SKIP LOCKED` or `NOWAIT`, is accepted and means what it means on PostgreSQL.

    Runs in the calling task's `transaction()`, or else commits by itself. Raises sqlite3.Error,
    and TypeError for parameters that SQLite cannot keep.
    """
    result = await current_database().run(prepare(sql), to_values(params))
    rows, columns, rowcount, lastrowid = result
    if model is not None:
        return Rows(model.load(result), rowcount, lastrowid)
    return Rows([dict(zip(columns, row, strict=True)) for row in rows], rowcount, lastrowid)


def transaction() -> Transaction:
    """Make everything inside `async with transaction():` commit together or not at all.

    It begins as a writer, so whatever it reads stays true until it commits, and other writers
    wait for it. Inside another transaction it is a savepoint. It belongs to the task that
    opened it: tasks started inside do not join it. Rolls back when an error leaves the block.
    """
    return Transaction(current_database())


def current_database() -> Database:
    """Return the database in use."""
    global _default
    if _chosen is not None:
        return _chosen
    if _default is None or _default.closed:
        _default = Database(AiosqliteDriver(DEFAULT_PATH))
    return _default


@contextmanager
def use_database(database: Database) -> Iterator[Database]:
    """Make `database` the one in use inside the block."""
    global _chosen
    before, _chosen = _chosen, database
    try:
        yield database
    finally:
        _chosen = before
