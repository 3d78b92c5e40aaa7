"""The four functions of a candidate's file, and how they are loaded."""

import ast
import inspect
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Self, cast

from infra.errors import SolutionError, nearest_of
from infra.mistakes import line_of, told
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
        file = SolutionFile.read(path)
        module = file.execute()
        return cls(*(file.function(module, field.name) for field in fields(cls)))


@dataclass(frozen=True, slots=True)
class SolutionFile:
    """A solution file that was read and compiled. `unwritten` are the functions as in the starter.

    Those have a body that only raises NotImplementedError.
    """

    path: Path
    code: CodeType
    lines: tuple[str, ...]
    unwritten: frozenset[str]
    starts: Mapping[str, int]
    """The line at which each function begins."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file. Raises SolutionError, in one line with file and line."""
        try:
            source = path.read_bytes()
            tree = ast.parse(source, str(path))
            code = compile(tree, str(path), "exec")
        except OSError as error:
            raise SolutionError(f"{path} cannot be read: {error.strerror}") from None
        except SyntaxError as error:
            # Of a file that is no text Python does not tell a line.
            raise SolutionError(f"{path}:{error.lineno or 1}: syntax error: {error.msg}") from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise SolutionError(f"{path}:1: {error}") from None
        lines = source.decode("utf-8", "replace").splitlines()
        return cls(path, code, tuple(lines), frozenset(_unwritten(tree)), _starts(tree))

    def execute(self, builtins: dict[str, Any] | None = None) -> ModuleType:
        """Execute the file in a module of its own. Raises SolutionError, in one line.

        `builtins` are what it finds as such, when they are not to be Python's.
        """
        # Named as the candidate's file, wherever it lies, so that `from .helpers import` works too.
        module = ModuleType("candidate.solution")
        module.__file__ = str(self.path)
        module.__package__ = "candidate"
        if builtins is not None:
            vars(module)["__builtins__"] = builtins
        try:
            with _listed(module):
                exec(self.code, module.__dict__)  # noqa: S102 - running it is what it is there for
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            line = line_of(error, self.path) or 1
            raise SolutionError(f"{self.path}:{line}: {told(error, self.path)}") from error
        return module

    def function(self, module: ModuleType, name: str) -> Callable[..., Any]:
        """Return one of the four functions. Raises SolutionError when it is not there."""
        function: Any = getattr(module, name, None)
        if function is None:
            other = nearest_of(name, self.starts.keys() - Solution.__annotations__.keys())
            where = f", line {self.starts[other]} has {other}" if other else ""
            raise SolutionError(
                f"{self.path}: there is no function {name}{where}: keep the starter's names"
            )
        # A wrapper of an async function need not be one itself, but a bare `def` is a slip.
        is_bare = inspect.isfunction(function) and not hasattr(function, "__wrapped__")
        if not callable(function) or (is_bare and not inspect.iscoroutinefunction(function)):
            line = f":{function.__code__.co_firstlineno}" if is_bare else ""
            raise SolutionError(f"{self.path}{line}: {name} must be an async function")
        return cast(Callable[..., Any], function)


def _starts(tree: ast.Module) -> dict[str, int]:
    functions = (ast.AsyncFunctionDef, ast.FunctionDef)
    return {node.name: node.lineno for node in tree.body if isinstance(node, functions)}


def _unwritten(tree: ast.Module) -> Iterator[str]:
    # Of two functions of one name it is the last that counts, as in Python.
    functions = (ast.AsyncFunctionDef, ast.FunctionDef)
    last = {node.name: node for node in tree.body if isinstance(node, functions)}
    for node in last.values():
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        if len(body) == 1 and isinstance(body[0], ast.Raise) and _says_so(body[0].exc):
            yield node.name


def _says_so(raised: ast.expr | None) -> bool:
    name = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(name, ast.Name) and name.id == "NotImplementedError"


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
