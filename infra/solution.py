"""The four functions of a candidate's file, and how they are loaded."""

import inspect
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from types import ModuleType
from typing import Any, Self, cast

from infra.errors import SolutionError
from infra.models import Job


@dataclass(frozen=True, slots=True)
class Solution:
    """The four functions that run a campaign."""

    claim_next_job: Callable[[], Awaitable[Job | None]]
    create_campaign_jobs: Callable[[int, list[str]], Awaitable[int]]
    send_email_step: Callable[[Job], Awaitable[bool]]
    process_job: Callable[[Job], Awaitable[None]]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Execute a solution file, in a module of its own, and take its functions.

        Each call gives a copy that shares no memory with another, as in separate processes.
        Raises SolutionError, in one line with file and line, when that cannot be done.
        """
        module = _execute(path)
        return cls(*(_function(module, field.name, path) for field in fields(cls)))


def _execute(path: Path) -> ModuleType:
    # Named as the candidate's file, wherever it lies, so that `from .helpers import` works too.
    module = ModuleType("candidate.solution")
    module.__file__ = str(path)
    module.__package__ = "candidate"
    try:
        code = compile(path.read_bytes(), str(path), "exec")
    except OSError as error:
        raise SolutionError(f"{path} cannot be read: {error.strerror}") from None
    except SyntaxError as error:
        # Of a file that is no text Python does not tell a line.
        raise SolutionError(f"{path}:{error.lineno or 1}: syntax error: {error.msg}") from None
    except ValueError as error:
        raise SolutionError(f"{path}:1: {error}") from None
    try:
        with _listed(module):
            exec(code, module.__dict__)  # noqa: S102 - running it is what it is there for
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise SolutionError(f"{path}:{line_of(error, path) or 1}: {_words(error)}") from error
    return module


@contextmanager
def _listed(module: ModuleType) -> Iterator[None]:
    # A dataclass looks its module up there, when its annotations are text.
    before = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module
    try:
        yield
    finally:
        if before:
            sys.modules[module.__name__] = before
        else:
            del sys.modules[module.__name__]


def _words(error: BaseException) -> str:
    """Return the error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")


def line_of(error: BaseException, path: Path) -> int | None:
    """Return the last line of that file that led to the error; `None` when none did."""
    line = None
    frame = error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == str(path):
            line = frame.tb_lineno
        frame = frame.tb_next
    return line


def _function(module: ModuleType, name: str, path: Path) -> Callable[..., Any]:
    function: Any = getattr(module, name, None)
    if function is None:
        raise SolutionError(f"{path}: there is no function {name}: keep the starter's names")
    # A wrapper of an async function need not be one itself, but a bare `def` is a slip.
    is_bare = inspect.isfunction(function) and not hasattr(function, "__wrapped__")
    if not callable(function) or (is_bare and not inspect.iscoroutinefunction(function)):
        raise SolutionError(f"{path}: {name} must be an async function")
    return cast(Callable[..., Any], function)
