"""What a query is until it is awaited: something that says so when it is used or dropped."""

import sys
import warnings
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any, NoReturn, ParamSpec, TypeVar

_MODEL = str(Path(__file__).with_name("model.py"))

P = ParamSpec("P")
T = TypeVar("T")


def awaited(method: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Make an async method of a model or a query set tell who forgets its `await`."""

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        caller = sys._getframe(1)
        if caller.f_code.co_filename == _MODEL and caller.f_back:
            caller = caller.f_back  # Job.get() hands on what its query set gives
        return NotAwaited(method(*args, **kwargs), args[0], method.__name__, caller)

    return call


class NotAwaited(Coroutine[Any, Any, T]):
    """A coroutine that names itself and its line when it is taken for its result."""

    __slots__ = ("_at", "_code", "_coroutine", "_method", "_owner", "_started")

    def __init__(
        self, coroutine: Coroutine[Any, Any, T], owner: object, method: str, caller: FrameType
    ):
        self._coroutine = coroutine
        self._owner = owner
        self._method = method
        # The line of the caller's instruction is looked up when it is needed: that takes a while.
        self._code = caller.f_code
        self._at = caller.f_lasti
        self._started = False

    def __await__(self) -> Generator[Any, Any, T]:
        self._started = True
        return self._coroutine.__await__()

    def send(self, value: Any, /) -> Any:
        """Go on, as a coroutine does."""
        self._started = True
        return self._coroutine.send(value)

    def throw(
        self,
        kind: Any,
        value: BaseException | object = None,
        traceback: TracebackType | None = None,
        /,
    ) -> Any:
        """Raise inside, as a coroutine does."""
        self._started = True
        # The error alone, as asyncio passes it: the other two are deprecated.
        return self._coroutine.throw(kind)

    def close(self) -> None:
        """End, as a coroutine does."""
        self._started = True
        self._coroutine.close()

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(self.told())

    def __iter__(self) -> NoReturn:
        raise TypeError(self.told())

    __len__ = __bool__ = __iter__

    def __getitem__(self, key: object) -> NoReturn:
        raise TypeError(self.told())

    def __del__(self) -> None:
        if not self._started:
            self._coroutine.close()
            _on_dropped(self)

    def told(self) -> str:
        """Return which query it is, on which line, and what to write."""
        return f"{self.words()} (line {self.line()})"

    @property
    def place(self) -> tuple[CodeType, int]:
        """The instruction that asks it: the same for each time."""
        return self._code, self._at

    @property
    def file(self) -> str:
        """The file that asks it."""
        return self._code.co_filename

    def words(self) -> str:
        """Return which query it is, and what to write."""
        model = getattr(self._owner, "model", self._owner)
        name = model.__name__ if isinstance(model, type) else type(model).__name__
        return (
            f"{name}…{self._method}() was not awaited, so it did not run: write `await` before it"
        )

    def line(self) -> int:
        """Return the line that asks it."""
        lines = self._code.co_lines()
        return next(line or 0 for start, end, line in lines if start <= self._at < end)


def _warn(dropped: NotAwaited[Any]) -> None:
    warnings.warn_explicit(dropped.told(), RuntimeWarning, dropped.file, dropped.line())


_on_dropped: Callable[[NotAwaited[Any]], None] = _warn


@contextmanager
def dropped_to(listener: Callable[[NotAwaited[Any]], None]) -> Iterator[None]:
    """Tell `listener` of each query that is dropped inside the block, in place of a warning."""
    global _on_dropped
    _on_dropped = listener
    try:
        yield
    finally:
        _on_dropped = _warn
