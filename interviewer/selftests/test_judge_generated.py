"""What dataclasses and named tuples generate is compiled once, and does what it always does."""

import collections
import dataclasses
from typing import Any

import pytest

from tests.judge.generated import compiled_once

SOURCE = """
from collections import namedtuple
from dataclasses import dataclass, field

@dataclass(frozen=True, slots=True, order=True)
class Try:
    number: int
    waits: list[float] = field(default_factory=list)

Sent = namedtuple("Sent", "key at", defaults=[0])
"""
TEXT = compile(SOURCE, "solution.py", "exec")


def executed() -> dict[str, Any]:
    """Execute the source in a namespace of its own, as each worker does."""
    space: dict[str, Any] = {"__name__": __name__}
    exec(TEXT, space)  # noqa: S102
    return space


def test_each_copy_has_classes_of_its_own() -> None:
    """They are equal to none of another copy, and do what such classes do."""
    with compiled_once():
        first, second = executed(), executed()

    assert first["Try"] is not second["Try"]
    assert first["Try"](1) != second["Try"](1)
    assert first["Try"](1) < first["Try"](2)
    assert first["Try"](1).waits is not first["Try"](1).waits
    with pytest.raises(dataclasses.FrozenInstanceError):
        first["Try"](1).number = 2
    assert first["Sent"]("key") == ("key", 0)


def test_nothing_is_compiled_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the second copy generates is what the first one has."""
    compiled = []

    def noting(source: str, *arguments: Any, **options: Any) -> Any:
        compiled.append(source)
        return compile(source, *arguments, **options)

    with compiled_once():
        executed()
        monkeypatch.setattr("tests.judge.generated.compile", noting, raising=False)
        executed()

    assert compiled == []


def test_all_is_as_before_at_the_end() -> None:
    """Outside the block they use Python's own again."""
    with compiled_once():
        pass

    assert "exec" not in vars(dataclasses)
    assert "eval" not in vars(collections)
    assert executed()["Try"](1).number == 1
