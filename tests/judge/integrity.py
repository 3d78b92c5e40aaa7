"""Integrity: whether a solution has put something else in the place of a part of the kit."""

import sys
from collections.abc import Iterator
from inspect import isclass, isfunction, isroutine
from types import CodeType, FunctionType, ModuleType

_GUARDED = (
    "aiosqlite",
    "asyncio",
    "builtins",
    "candidate.helpers",
    "infra",
    "json",
    "os",
    "random",
    "signal",
    "sqlite3",
    "tests",
    "time",
)
_OURS = ("infra", "tests")

_get, _set, _delete = getattr, setattr, delattr


class Integrity:
    """Remembers every function and class of the kit, and of what it stands on."""

    def __init__(self) -> None:
        namespaces = list(_namespaces())
        self._parts = [
            (name, namespace, key, value)
            for name, namespace in namespaces
            for key, value in namespace.items()
            if _is_part(name, key, value)
        ]
        self._classes = [
            (name, namespace, frozenset(namespace))
            for name, namespace in namespaces
            if name not in sys.modules and name.startswith(_OURS)
        ]
        functions = {value for *_, value in self._parts if isfunction(value)}
        self._codes: list[tuple[FunctionType, CodeType]] = [
            (function, function.__code__) for function in functions
        ]

    def broken(self) -> str | None:
        """Return in a line what was replaced, and put it back; `None` when nothing was.

        It calls nothing that can have been replaced before it is back.
        """
        first = None
        for name, namespace, key, value in self._parts:
            if namespace.get(key) is not value:
                first = first or f"{name}.{key}"
                _put_back(name, namespace, key, value)
        for function, code in self._codes:
            if function.__code__ is not code:
                first = first or f"{function.__module__}.{function.__qualname__}"
                function.__code__ = code
        for name, namespace, keys in self._classes:
            for key in namespace.keys() - keys:
                if isroutine(namespace[key]) or key[:2] != "__":
                    first = first or f"{name}.{key}"
                    _delete(_owner(name), key)
        return first and f"{first} was replaced: only the solution's file is its own"


def _is_part(name: str, key: str, value: object) -> bool:
    if isclass(value) or isroutine(value) or isinstance(value, ModuleType):
        return True
    # A class's properties and the like; a module's constants.
    if name not in sys.modules:
        return isinstance(value, classmethod | staticmethod | property)
    return name.startswith(_OURS) and key.isupper()


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
        _set(_owner(name), key, value)


def _owner(name: str) -> object:
    module, _, owner = name.rpartition(".")
    return _get(sys.modules[module], owner)
