"""Models: a pydantic class for a table, whose instances are its rows."""

from collections.abc import Coroutine, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError

from infra.database import current_database
from infra.database.driver import Result, Value
from infra.database.transactions import if_rolled_back
from infra.errors import FieldError, did_you_mean
from infra.orm.columns import Column
from infra.orm.habits import unknown_attribute
from infra.orm.queryset import DoesNotExist, MultipleObjectsReturned, QuerySet
from infra.orm.rows import NOTHING, private, reader, set_fields, set_names
from infra.orm.statements import change, deletion, insertion
from infra.orm.unawaited import awaited

_THIS_ROW = ("id = ?",)
_VERBS = ("filter", "get", "create", "order_by", "limit", "all", "first", "count")


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as _ModelType
else:

    class _ModelType(type(BaseModel)):
        """Tells the nearest name when a model is asked for what it has not."""

        def __getattr__(cls, name: str) -> object:
            if name.startswith("_"):
                return super().__getattr__(name)
            raise unknown_attribute(name, cls.__name__, _VERBS)


class Model(BaseModel, metaclass=_ModelType):  # noqa: PLW1641 - unhashable, as pydantic's are that can change
    """A row of a table, which a subclass names: `table: ClassVar[str] = "jobs"`.

    A row remembers what the database held when it was loaded, so that `save()` writes only what
    has changed since.
    """

    model_config = ConfigDict(extra="forbid")

    table: ClassVar[str]
    DoesNotExist: ClassVar[type[DoesNotExist]]
    MultipleObjectsReturned: ClassVar[type[MultipleObjectsReturned]]

    id: int

    _held: dict[str, Value] = PrivateAttr(default_factory=dict)
    """What the database holds, as far as this row knows. Never changed, only replaced."""
    _touched: frozenset[str] = PrivateAttr(default=frozenset())
    """The fields that were assigned to since."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for error in (DoesNotExist, MultipleObjectsReturned):
            name = error.__name__
            members = {"__module__": cls.__module__, "__qualname__": f"{cls.__name__}.{name}"}
            setattr(cls, name, type(name, (error,), members))

    # -- questions to the table

    @classmethod
    def filter(cls, **lookups: object) -> QuerySet[Self]:
        """Return the rows that match all lookups: `Job.filter(status="pending", id__lt=9)`.

        Lookups: equality, and `__ne __lt __lte __gt __gte __in __isnull`.
        Raises FieldError for an unknown field or lookup and a wrong value.
        """
        return cls._all_rows().filter(**lookups)

    @classmethod
    def order_by(cls, *fields: str) -> QuerySet[Self]:
        """Return all rows in the order of these fields; `-created_at` descends."""
        return cls._all_rows().order_by(*fields)

    @classmethod
    def limit(cls, count: int) -> QuerySet[Self]:
        """Return the first `count` rows."""
        return cls._all_rows().limit(count)

    @classmethod
    def all(cls) -> Coroutine[Any, Any, list[Self]]:
        """Return all rows."""
        return cls._all_rows().all()

    @classmethod
    def first(cls) -> Coroutine[Any, Any, Self | None]:
        """Return the first row, or `None` when there is none."""
        return cls._all_rows().first()

    @classmethod
    def count(cls) -> Coroutine[Any, Any, int]:
        """Return how many rows there are."""
        return cls._all_rows().count()

    @classmethod
    def get(cls, **lookups: object) -> Coroutine[Any, Any, Self]:
        """Return the one row that matches. Raises `DoesNotExist` or `MultipleObjectsReturned`."""
        return cls._all_rows().get(**lookups)

    @classmethod
    @awaited
    async def create(cls, **values: object) -> Self:
        """Insert a row and return it, with what the table filled in.

        Raises FieldError for an unknown or missing field and a wrong value, before any SQL runs.
        """
        encoded = cls.encode(values)
        missing = [name for name in cls.required() if name not in values]
        if missing:
            raise FieldError(f"{cls.__name__}.create() needs {' and '.join(missing)}")
        statement = insertion(cls.table, tuple(encoded))
        (row,) = cls.load(await current_database().run(statement, tuple(encoded.values())))
        return row

    @classmethod
    @cache
    def _all_rows(cls) -> QuerySet[Self]:
        return QuerySet(cls)

    # -- one row

    @awaited
    async def save(self) -> None:
        """Write the fields that changed since the row was loaded; nothing when none did.

        Raises the model's `DoesNotExist` when the row is gone.
        """
        changes = self._changes()
        if not changes:
            return
        statement = change(self.table, tuple(changes), _THIS_ROW)
        values = (*changes.values(), self._id())
        if (await current_database().run(statement, values)).rowcount == 0:
            raise self.DoesNotExist(f"{self._words()} is gone: save() changed no row")
        known = private(self)
        before = known["_held"]
        known["_held"] = before | changes  # not |=, as a copy of this row may share it
        known["_touched"] = NOTHING

        def undo() -> None:
            self._held = before
            self._touched |= changes.keys()

        if_rolled_back(undo)

    @awaited
    async def refresh(self) -> None:
        """Read the row again; unsaved changes are lost. Raises `DoesNotExist` when it is gone."""
        fresh = await type(self).get(id=self._id())
        set_fields(self, fresh.__dict__)
        self._held, self._touched = fresh._held, NOTHING

    @awaited
    async def delete(self) -> None:
        """Delete the row, if it is still there."""
        await current_database().run(deletion(self.table, _THIS_ROW), (self._id(),))

    # -- columns and values

    @classmethod
    @cache
    def columns(cls) -> Mapping[str, Column]:
        """Return the table's columns by name."""
        return {
            name: Column.of(f"{cls.__name__}.{name}", field)
            for name, field in cls.model_fields.items()
        }

    @classmethod
    def column(cls, name: str) -> Column:
        """Return a column. Raises FieldError, with the nearest name, when there is none."""
        column = cls.columns().get(name)
        if column is None:
            raise FieldError(
                f"{cls.__name__} has no field {name!r}: {did_you_mean(name, cls.columns())}"
            )
        return column

    @classmethod
    @cache
    def required(cls) -> tuple[str, ...]:
        """Return the fields that the table cannot fill in itself."""
        fields = cls.model_fields.items()
        return tuple(name for name, field in fields if field.is_required() and name != "id")

    @classmethod
    def encode(cls, values: Mapping[str, object]) -> dict[str, Value]:
        """Return values as SQLite keeps them. Raises FieldError for one that does not fit."""
        return {name: cls.column(name).keep(value) for name, value in values.items()}

    @classmethod
    def load(cls, result: Result) -> list[Self]:
        """Return a row for each of a statement's rows, without checking them again.

        A field whose column was not selected is missing. Columns that are no field are left out.
        """
        if not result.columns:
            return []
        return reader(cls, result.columns).read(result.rows)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise FieldError(self._refused(values, error)) from None

    @classmethod
    def _refused(cls, values: Mapping[str, object], error: ValidationError) -> str:
        for name, value in values.items():
            cls.column(name).check(value)
        missing = " and ".join(str(each["loc"][0]) for each in error.errors())
        return f"{cls.__name__}(…) needs {missing}: is it to be `await {cls.__name__}.create(…)`?"

    def model_post_init(self, context: object, /) -> None:
        """Take the values given as what the database holds."""
        self._held = self.encode({name: getattr(self, name) for name in self.model_fields_set})

    def __eq__(self, other: object) -> bool:
        """Return whether both are the same row with the same values, saved or not."""
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def _changes(self) -> dict[str, Value]:
        known, fields, columns = private(self), self.__dict__, self.columns()
        held: dict[str, Value] = known["_held"]
        changes = {}
        for name in sorted(known["_touched"].union(self._objects())):
            if name in fields:
                column = columns[name]
                value = column.keep(fields[name])
                if name not in held or not column.holds(held[name], fields[name], value):
                    changes[name] = value
        return changes

    @classmethod
    @cache
    def _objects(cls) -> tuple[str, ...]:
        """Return the fields that can change without being assigned to."""
        return tuple(name for name, column in cls.columns().items() if column.kind is dict)

    def _id(self) -> Value:
        if "id" not in self.__dict__:
            raise FieldError(f"this {type(self).__name__} was selected without its id")
        return self.id

    def _words(self) -> str:
        return f"{type(self).__name__} {self.id}"

    # Hidden from type checkers, which would take any name for a field.
    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: object) -> None:
            if name.startswith("_"):
                super().__setattr__(name, value)
                return
            self.__dict__[name] = self.column(name).check(value)
            private(self)["_touched"] |= {name}
            # A new set, as the one there may be that of all rows loaded together.
            if name not in self.__pydantic_fields_set__:
                set_names(self, {*self.__pydantic_fields_set__, name})

        def __getattr__(self, name: str) -> object:
            if name.startswith("_"):
                return super().__getattr__(name)
            if name in self.columns():
                raise AttributeError(f"{type(self).__name__}.{name} was not selected: SELECT * …")
            known = [*self.columns(), "save", "refresh", "delete"]
            raise unknown_attribute(name, type(self).__name__, known)

        def __getitem__(self, key: object) -> NoReturn:
            name = type(self).__name__
            raise TypeError(f"{name} is no dict: write .{key} in place of [{key!r}]")
