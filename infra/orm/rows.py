"""Rows: how what a statement gave becomes instances of a model."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from sys import intern
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel

from infra.database.driver import Value
from infra.errors import FieldError

if TYPE_CHECKING:
    from infra.orm.model import Model

M = TypeVar("M", bound="Model")

NOTHING: frozenset[str] = frozenset()

# What pydantic keeps of an instance, directly: its own ways would check every value again, and
# take two microseconds to look up a private one.
new = object.__new__
set_fields = BaseModel.__dict__["__dict__"].__set__
set_names = BaseModel.__dict__["__pydantic_fields_set__"].__set__
set_extra = BaseModel.__dict__["__pydantic_extra__"].__set__
set_private = BaseModel.__dict__["__pydantic_private__"].__set__
private = BaseModel.__dict__["__pydantic_private__"].__get__


@dataclass(frozen=True, slots=True)
class Reader(Generic[M]):
    """Makes a model's rows from those of statements that return the same columns."""

    model: type[M]
    columns: tuple[str, ...]
    extra: tuple[str, ...]
    """The columns that are no field."""
    fields: set[str]
    decoders: tuple[tuple[str, Callable[[Any], object]], ...]

    def read(self, rows: list[tuple[Value, ...]]) -> list[M]:
        """Return an instance for each row, without checking its values again."""
        model, columns, extra = self.model, self.columns, self.extra
        names, decoders = self.fields, self.decoders
        loaded = []
        for values in rows:
            held = dict(zip(columns, values))  # noqa: B905 - one each; `strict` takes a fifth longer
            for name in extra:
                del held[name]
            fields: dict[str, Any] = held.copy()
            for name, decode in decoders:
                value = held[name]
                if value is not None:
                    fields[name] = decode(value)
            row = new(model)
            set_fields(row, fields)
            set_names(row, names)
            set_extra(row, None)
            set_private(row, {"_held": held, "_touched": NOTHING})
            loaded.append(row)
        return loaded


@cache
def reader(model: type[M], names: tuple[str, ...]) -> Reader[M]:
    """Return the reader for columns of these names. Raises FieldError when they do not fit."""
    columns = model.columns()
    if columns.keys().isdisjoint(names):
        raise FieldError(f"none of {model.__name__}'s columns was selected: SELECT * …")
    twice = [name for name in columns if names.count(name) > 1]
    if twice:
        raise FieldError(
            f"{model.__name__}.{twice[0]} was selected more than once: SELECT {model.table}.* …"
        )
    decoders = ((name, columns[name].decode) for name in names if name in columns)
    return Reader(
        model,
        # The very strings that code has for them, which a dict finds fastest.
        columns=tuple(map(intern, names)),
        extra=tuple(dict.fromkeys(name for name in names if name not in columns)),
        fields=set(names) & columns.keys(),
        decoders=tuple((name, decode) for name, decode in decoders if decode),
    )
