"""Compiles code that is generated once, however often it is generated again.

A dataclass and a named tuple write their methods as text and execute that. Each worker has a copy
of the solution of its own, so the same text comes a thousand times, and to compile it is most of
what such a copy takes.
"""

import collections
import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import CodeType
from typing import Any


@contextmanager
def compiled_once() -> Iterator[None]:
    """Have dataclasses and named tuples use what was compiled before, inside the block."""
    vars(dataclasses)["exec"], vars(collections)["eval"] = _exec, _eval
    try:
        yield
    finally:
        del vars(dataclasses)["exec"], vars(collections)["eval"]


def _exec(source: str, *namespaces: Any) -> None:
    exec(_compiled(source, "exec"), *namespaces)  # noqa: S102 - it is the library's own text


def _eval(source: str, *namespaces: Any) -> Any:
    return eval(_compiled(source, "eval"), *namespaces)  # noqa: S307 - the same


@lru_cache(maxsize=1024)
def _compiled(source: str, mode: str) -> CodeType:
    return compile(source, "<string>", mode, dont_inherit=True)
