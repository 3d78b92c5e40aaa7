"""Query sets: a question to one table, put together step by step and asked once."""

import json
from collections.abc import Awaitable, Generator, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, NoReturn, TypeVar

from infra.database import current_database
from infra.database.driver import Result, Value
from infra.database.sql import Statement
from infra.errors import FieldError, did_you_mean
from infra.orm.columns import Column
from infra.orm.habits import unknown_attribute
from infra.orm.statements import change, deletion, selection
from infra.orm.unawaited import awaited

if TYPE_CHECKING:
    from infra.orm.model import Model

M = TypeVar("M", bound="Model")

_CONDITIONS = {
    # IS and IS NOT, so that a value differs from NULL, as it does from None in Python.
    "": "{} = ?",
    "ne": "{} IS NOT ?",
    "lt": "{} < ?",
    "lte": "{} <= ?",
    "gt": "{} > ?",
    "gte": "{} >= ?",
}
_NULL_CONDITIONS = {"": "{} IS NULL", "ne": "{} IS NOT NULL"}
_VERBS = (
    "filter",
    "order_by",
    "limit",
    "all",
    "first",
    "get",
    "count",
    "exists",
    "update",
    "delete",
)
LOOKUPS = (*_CONDITIONS, "in", "isnull")


class DoesNotExist(LookupError):
    """No row was found where one was due. Each model has its own: `Job.DoesNotExist`."""


class MultipleObjectsReturned(LookupError):
    """Several rows were found where one was due. Each model has its own."""


@dataclass(frozen=True, slots=True)
class QuerySet(Generic[M]):
    """Rows of one table. Each call returns a new query set; none changes this one."""

    model: type[M]
    conditions: tuple[str, ...] = ()
    values: tuple[Value, ...] = ()
    ordering: tuple[str, ...] = ()
    row_limit: int | None = None

    def filter(self, **lookups: object) -> "QuerySet[M]":
        """Return the rows that also match all lookups: `filter(status="pending", id__lt=9)`.

        Lookups: equality, and `__ne __lt __lte __gt __gte __in __isnull`. `None` is a value
        like any other. Raises FieldError for an unknown field or lookup and a wrong value.
        """
        conditions, values = self._narrowed(lookups)
        return QuerySet(self.model, conditions, values, self.ordering, self.row_limit)

    def order_by(self, *fields: str) -> "QuerySet[M]":
        """Return the same rows in the order of these fields; `-created_at` descends."""
        ordering = _ordering(self.model, fields)
        return QuerySet(self.model, self.conditions, self.values, ordering, self.row_limit)

    def limit(self, count: int) -> "QuerySet[M]":
        """Return the first `count` of these rows."""
        if type(count) is not int or count < 0:
            raise FieldError(f"limit takes a whole number from 0 up, not {count!r}")
        return QuerySet(self.model, self.conditions, self.values, self.ordering, count)

    @awaited
    async def all(self) -> list[M]:
        """Return all of these rows."""
        return self.model.load(await self._run(self._select(limit=self.row_limit)))

    @awaited
    async def first(self) -> M | None:
        """Return the first of these rows, or `None` when there is none."""
        rows = self.model.load(await self._run(self._select(limit=self._at_most(1))))
        return rows[0] if rows else None

    @awaited
    async def get(self, **lookups: object) -> M:
        """Return the one row. Raises the model's DoesNotExist or MultipleObjectsReturned."""
        # As filter(**lookups).limit(2).all() does, without the query sets in between.
        conditions, values = self._narrowed(lookups)
        statement = selection(self.model.table, "*", conditions, self.ordering, 2)
        rows = self.model.load(await current_database().run(statement, values))
        if len(rows) == 1:
            return rows[0]
        which = ", ".join(f"{name}={value!r}" for name, value in lookups.items())
        if rows:
            raise self.model.MultipleObjectsReturned(
                f"more than one {self.model.__name__} has {which or 'been found'}"
            )
        raise self.model.DoesNotExist(f"no {self.model.__name__} has {which or 'been found'}")

    @awaited
    async def count(self) -> int:
        """Return how many rows these are."""
        rows = self._select("1", limit=self.row_limit).sql
        result = await self._run(Statement(f"SELECT count(*) FROM ({rows})", reads=True))
        return int(result.rows[0][0])  # type: ignore[arg-type]

    @awaited
    async def exists(self) -> bool:
        """Return whether there is any such row."""
        return bool((await self._run(self._select("1", limit=self._at_most(1)))).rows)

    @awaited
    async def update(self, **changes: object) -> int:
        """Change these rows in one statement and return how many there were.

        As the conditions and the change are one, it is a compare-and-set: of several callers
        that would each change a row away from what it was, one gets 1 and the others get 0.
        """
        self._refuse_limit("update")
        if not changes:
            raise FieldError("update() needs at least one field to change")
        values = tuple(self.model.encode(changes).values())
        statement = change(self.model.table, tuple(changes), self.conditions)
        return (await self._run(statement, values)).rowcount

    @awaited
    async def delete(self) -> int:
        """Delete these rows in one statement and return how many there were."""
        self._refuse_limit("delete")
        return (await self._run(deletion(self.model.table, self.conditions))).rowcount

    def __await__(self) -> Generator[Any, Any, list[M]]:
        return self.all().__await__()

    # Hidden from type checkers, which would take a query set for a list.
    if not TYPE_CHECKING:

        def __iter__(self) -> NoReturn:
            raise TypeError(
                f"a query set of {self.model.__name__} holds no rows yet: "
                "write `await ….all()`, `.first()` or `.count()`"
            )

        __len__ = __bool__ = __aiter__ = __iter__

        def __getattr__(self, name: str) -> NoReturn:
            raise unknown_attribute(name, "a query set", _VERBS)

        def __getitem__(self, key: object) -> NoReturn:
            self.__iter__()

    def _narrowed(self, lookups: Mapping[str, object]) -> tuple[tuple[str, ...], tuple[Value, ...]]:
        """Return the conditions and the values of the rows that also match all lookups."""
        conditions, values = self.conditions, self.values
        for lookup, value in lookups.items():
            condition, its_values = _condition(self.model, lookup, value)
            conditions += (condition,)
            values += its_values
        return conditions, values

    def _select(self, what: str = "*", *, limit: int | None) -> Statement:
        return selection(self.model.table, what, self.conditions, self.ordering, limit)

    def _at_most(self, count: int) -> int:
        return count if self.row_limit is None else min(count, self.row_limit)

    def _run(self, statement: Statement, values: tuple[Value, ...] = ()) -> Awaitable[Result]:
        return current_database().run(statement, values + self.values)

    def _refuse_limit(self, verb: str) -> None:
        # SQL would change every row that matches, which is not what limit() says.
        if self.row_limit is not None:
            raise FieldError(f"limit() does not go with {verb}(): filter by id, or use execute_sql")


@cache
def _ordering(model: type[M], fields: tuple[str, ...]) -> tuple[str, ...]:
    for name in fields:
        model.column(name.removeprefix("-"))
    return tuple(f"{name[1:]} DESC" if name.startswith("-") else name for name in fields)


class _Lookup(NamedTuple):
    """What a lookup such as `status__ne` says."""

    name: str
    column: Column
    kind: str
    condition: str | None
    """On any value that is not None; `None` when it depends on the value."""


@cache
def _lookup(model: type[M], lookup: str) -> _Lookup:
    name, _, kind = lookup.partition("__")
    column = model.column(name)
    if kind not in LOOKUPS:
        known = [f"{name}__{known}" for known in LOOKUPS if known]
        raise FieldError(f"there is no lookup {lookup!r}: {did_you_mean(lookup, known)}")
    condition = _CONDITIONS[kind].format(name) if kind in _CONDITIONS else None
    return _Lookup(name, column, kind, condition)


def _condition(model: type[M], lookup: str, value: object) -> tuple[str, tuple[Value, ...]]:
    """Return one condition as SQL, and its values."""
    name, column, kind, condition = _lookup(model, lookup)
    if condition and (value is not None or kind not in _NULL_CONDITIONS):
        return condition, (column.keep(value),)
    if kind in _NULL_CONDITIONS:
        return _NULL_CONDITIONS[kind].format(name), ()
    if kind == "in":
        items = [column.keep(item) for item in _items(lookup, value)]
        return _membership(name, items)
    if not isinstance(value, bool):
        raise FieldError(f"{lookup} takes True or False, not {value!r}")
    return _NULL_CONDITIONS["" if value else "ne"].format(name), ()


def _items(lookup: str, value: object) -> Iterable[object]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise FieldError(f"{lookup} takes a list, not {value!r}")
    return value


def _membership(name: str, values: list[Value]) -> tuple[str, tuple[Value, ...]]:
    if None in values:
        # IN never finds NULL.
        condition, others = _membership(name, [value for value in values if value is not None])
        return f"({condition} OR {name} IS NULL)", others
    if len(values) <= 500:
        return f"{name} IN ({', '.join('?' * len(values))})", tuple(values)
    # SQLite takes 32,766 placeholders at most; as JSON the list is one value, however long.
    return f"{name} IN (SELECT value FROM json_each(?))", (json.dumps(values),)
