"""Writes `infra/models.pyi`, the models' exact types for editors: `python -m interviewer.stub`.

At run time a model's methods take any keyword, and tell which one is unknown. The stub lets an
editor tell it while somebody types. Python itself never reads the stub.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeGuard, TypeVar

from infra import models
from infra.orm import Model
from infra.orm.columns import Column

PATH = Path(models.__file__).with_suffix(".pyi")

T = TypeVar("T")

HEAD = """\
# The exact types of models.py, for editors and type checkers. Python itself never reads this.
# Written from the models, by a command: not to be edited.
#
# mypy: disable-error-code="override"
# A model's methods take its own fields, where those of Model take any.
#
# ruff: noqa: A002
# A row's id is its id.

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Required, Self, TypeAlias, TypedDict, Unpack, overload

from infra.orm import Model, QuerySet

_Texts: TypeAlias = list[str] | tuple[str, ...] | AbstractSet[str]
"""

# The second form of `create` and `update` is for `**changes` of a dict: what is in one may be
# known to the candidate alone. Only a dict can have a key that nobody types.
MODEL = """\
class {name}(Model):
{fields}
    def __init__(self, *, id: int, **values: Unpack[_{name}New]) -> None: ...
    @classmethod
    def filter(cls, **lookups: Unpack[_{name}Lookups]) -> _{name}QuerySet: ...
    @classmethod
    def order_by(cls, *fields: _{name}Order) -> _{name}QuerySet: ...
    @classmethod
    def limit(cls, count: int) -> _{name}QuerySet: ...
    @classmethod
    async def get(cls, **lookups: Unpack[_{name}Lookups]) -> Self: ...
    @overload
    @classmethod
    async def create(cls, *, id: int = ..., **values: Unpack[_{name}New]) -> Self: ...
    @overload
    @classmethod
    async def create(cls, *, _of_a_dict: object, **values: object) -> Self: ...

class _{name}QuerySet(QuerySet[{name}]):
    def filter(self, **lookups: Unpack[_{name}Lookups]) -> Self: ...
    def order_by(self, *fields: _{name}Order) -> Self: ...
    def limit(self, count: int) -> Self: ...
    async def get(self, **lookups: Unpack[_{name}Lookups]) -> {name}: ...
    @overload
    async def update(self, **changes: Unpack[_{name}Values]) -> int: ...
    @overload
    async def update(self, *, _of_a_dict: object, **changes: object) -> int: ...
"""

# It reads as the enum's member, and may be set to the member's value.
ENUM_FIELD = """\
    @property
    def {name}(self) -> {kind}: ...
    @{name}.setter
    def {name}(self, value: _Any{kind}) -> None: ..."""


def stub() -> str:
    """Return the stub's text, formatted."""
    named = vars(models).items()
    enums = [value for _, value in named if _is_own(value, StrEnum)]
    tables = [(name, value) for name, value in named if _is_own(value, Model)]
    own = [table for name, table in tables if name == table.__name__]
    others = [f"{name} = {table.__name__}\n" for name, table in tables if table.__name__ != name]
    return "\n".join(
        [
            HEAD,
            *(_enum(enum) for enum in enums),
            "".join(_any_of(enum) for enum in enums),
            *(part for model in own for part in _model(model)),
            "".join(others),
        ]
    )


def lookups(column: Column) -> Iterator[tuple[str, str]]:
    """Yield each lookup that makes sense on a column, with the type of its value.

    What has an order can be compared; what may be `None` can be asked for it.
    """
    bare, full = _given(column), _or_none(_given(column), column)
    yield "", full
    yield "__ne", full
    if column.kind in (int, str, datetime):
        yield from ((f"__{lookup}", bare) for lookup in ("lt", "lte", "gt", "gte"))
    # To a type checker, ["pending", "failed"] in a variable is a list of any text.
    plain = " | _Texts" if issubclass(column.kind, StrEnum) else ""
    yield "__in", f"Iterable[{full}]{plain}"
    if column.optional:
        yield "__isnull", "bool"


def _enum(enum: type[StrEnum]) -> str:
    members = "".join(f'    {member.name} = "{member}"\n' for member in enum)
    return f"class {enum.__name__}(StrEnum):\n{members}"


def _any_of(enum: type[StrEnum]) -> str:
    name = enum.__name__
    return _alias(f"_Any{name}", f"{name} | Literal[{', '.join(map(_quoted, enum))}]")


def _model(model: type[Model]) -> Iterator[str]:
    name, columns = model.__name__, model.columns()
    given = {field: _or_none(_given(column), column) for field, column in columns.items()}
    required = model.required()
    new = {
        field: f"Required[{kind}]" if field in required else kind
        for field, kind in given.items()
        if field != "id"
    }
    conditions = {
        f"{field}{lookup}": kind
        for field, column in columns.items()
        for lookup, kind in lookups(column)
    }
    order = "".join(f'    "{field}",\n    "-{field}",\n' for field in columns)
    yield f"_{name}Order: TypeAlias = Literal[\n{order}]\n"
    yield _typed_dict(f"_{name}Lookups", conditions)
    yield _typed_dict(f"_{name}Values", given)
    yield _typed_dict(f"_{name}New", new)
    yield MODEL.format(name=name, fields="\n".join(map(_field, columns, columns.values())))


def _field(name: str, column: Column) -> str:
    kind = column.kind.__name__
    if issubclass(column.kind, StrEnum):
        return ENUM_FIELD.format(name=name, kind=kind)
    return f"    {name}: {_or_none(_given(column), column)}"


def _given(column: Column) -> str:
    """Return the type of what a column takes."""
    if issubclass(column.kind, StrEnum):
        return f"_Any{column.kind.__name__}"
    return "dict[str, Any]" if column.kind is dict else column.kind.__name__


def _or_none(kind: str, column: Column) -> str:
    return f"{kind} | None" if column.optional else kind


def _typed_dict(name: str, items: Mapping[str, str]) -> str:
    body = "".join(f"    {key}: {kind}\n" for key, kind in items.items())
    return f"class {name}(TypedDict, total=False):\n{body}"


def _alias(name: str, kind: str) -> str:
    line = f"{name}: TypeAlias = {kind}\n"
    return line if len(line) <= 101 else f"{name}: TypeAlias = (\n    {kind}\n)\n"


def _quoted(value: str) -> str:
    return f'"{value}"'


def _is_own(value: object, base: type[T]) -> TypeGuard[type[T]]:
    """Return whether it is a class of this kind that the models define."""
    return (
        isinstance(value, type) and issubclass(value, base) and value.__module__ == models.__name__
    )


if __name__ == "__main__":
    PATH.write_text(stub(), encoding="utf-8")
