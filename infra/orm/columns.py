"""Columns: how a field's value is checked, kept in SQLite, and read back."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from infra.clock import from_text, to_text
from infra.database.driver import Value
from infra.errors import FieldError, did_you_mean, in_short


def _moment(value: object) -> object:
    if isinstance(value, str):
        return from_text(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    raise ValueError("not a datetime")


def _json_object(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


Moment = Annotated[datetime, BeforeValidator(_moment)]
"""An aware datetime in UTC. Text as SQLite keeps it is read; a naive one is taken to be in UTC."""

JsonObject = Annotated[dict[str, object], BeforeValidator(_json_object)]
"""A dict that is kept as JSON. Its text is read."""


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a model, as a column of its table."""

    words: str
    """For a person: `Job.status`."""
    kind: type
    optional: bool
    adapter: TypeAdapter[object]
    encode: Callable[[Any], Value] | None
    """Turns a checked value into what SQLite keeps; `None` when that is the same."""
    decode: Callable[[Any], object] | None
    """Turns a value that is not NULL back; `None` when it is the same."""
    members: Mapping[str, StrEnum]
    """Of an enum, by their values."""

    @classmethod
    def of(cls, words: str, field: FieldInfo) -> "Column":
        """Return the column for a model's field."""
        annotation, kind = field.annotation, _bare(field.annotation)
        whole: Any = Annotated[annotation, *field.metadata] if field.metadata else annotation
        # Strict: 7 is no text and "7" no number. An enum takes its values as well as its members.
        config = ConfigDict(strict=not issubclass(kind, StrEnum))
        optional = NoneType in get_args(annotation)
        members = {member.value: member for member in kind} if issubclass(kind, StrEnum) else {}
        adapter = TypeAdapter[object](whole, config=config)
        encode, decode = (str, members.__getitem__) if members else _codec(kind)
        return cls(words, kind, optional, adapter, encode, decode, members)

    def check(self, value: object) -> object:
        """Return `value` as this field keeps it. Raises FieldError when it does not fit."""
        # The usual cases first: what pydantic would say, at a tenth of its time.
        if value is None and self.optional:
            return value
        if type(value) is self.kind and getattr(value, "tzinfo", UTC) is UTC:
            return value
        if type(value) is str and value in self.members:
            return self.members[value]
        try:
            return self.adapter.validate_python(value)
        except ValidationError:
            raise FieldError(self._refusal(value)) from None

    def keep(self, value: object) -> Value:
        """Return a value as SQLite keeps it. Raises FieldError when it does not fit."""
        checked = self.check(value)
        if checked is None or self.encode is None:
            return checked  # type: ignore[return-value]
        return self.encode(checked)

    def holds(self, held: Value, current: object, value: Value) -> bool:
        """Return whether `held` is the current value, which SQLite would keep as `value`."""
        if held == value:
            return True
        # The same moment or object can be written in more than one way.
        return held is not None and self.decode is not None and self.decode(held) == current

    def _refusal(self, value: object) -> str:
        if value is None:
            return f"{self.words} cannot be None"
        if issubclass(self.kind, StrEnum):
            members = [member.value for member in self.kind]
            return f"{self.words} cannot be {in_short(value)}: {did_you_mean(value, members)}"
        return f"{self.words} takes a value of type {self.kind.__name__}, not {in_short(value)}"


def _codec(kind: type) -> tuple[Callable[[Any], Value] | None, Callable[[Any], object] | None]:
    if issubclass(kind, datetime):
        return to_text, from_text
    return (json.dumps, json.loads) if kind is dict else (None, None)


def _bare(annotation: object) -> type:
    """Return the class in `C`, `C | None`, `Annotated[C, …]` and `Annotated[C, …] | None`."""
    options = [option for option in get_args(annotation) if option is not NoneType]
    if NoneType in get_args(annotation):
        (annotation,) = options
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    bare = get_origin(annotation) or annotation
    assert isinstance(bare, type)
    return bare
