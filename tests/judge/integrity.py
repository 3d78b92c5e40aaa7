"""Integrity: whether a solution has put something else in the place of a part of the kit."""

import sys
from collections.abc import Iterator
from inspect import isclass, isroutine
from types import ModuleType

_GUARDED = ("infra", "tests", "candidate.helpers", "asyncio", "random", "sqlite3", "aiosqlite")


class Integrity:
    """Remembers every function and class of the kit, and of what it stands on."""

    def __init__(self) -> None:
        self._parts = [
            (name, namespace, key, value)
            for name, namespace in _namespaces()
            for key, value in namespace.items()
            if isclass(value) or isroutine(value) or isinstance(value, ModuleType)
        ]

    def broken(self) -> str | None:
        """Return in a line what was replaced, and put it back; `None` when nothing was."""
        words = None
        for name, namespace, key, value in self._parts:
            if namespace.get(key) is not value:
                words = words or f"{name}.{key} was replaced: only the solution's file is its own"
                _put_back(name, namespace, key, value)
        return words


def _namespaces() -> Iterator[tuple[str, dict[str, object]]]:
    for name, module in sorted(sys.modules.items()):
        if any(name == guarded or name.startswith(f"{guarded}.") for guarded in _GUARDED):
            yield name, vars(module)
            for key, value in list(vars(module).items()):
                if isclass(value) and value.__module__ == name:
                    yield f"{name}.{key}", vars(value)  # type: ignore[misc]


def _put_back(name: str, namespace: dict[str, object], key: str, value: object) -> None:
    try:
        namespace[key] = value
    except TypeError:
        module, _, owner = name.rpartition(".")
        setattr(getattr(sys.modules[module], owner), key, value)
