"""Ctrl-C, wherever the program is, and again if somebody's code has swallowed it."""

import logging
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import NoReturn, Self


def end_silently() -> None:
    """Let Ctrl-C end the process without a word, as long as there is nothing to tell of."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def raise_as_usual() -> None:
    """Let Ctrl-C raise KeyboardInterrupt again."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def leave_leftovers_untold() -> None:
    """Have Python say nothing of what a run, or a Ctrl-C in the middle of it, left undone."""
    logging.getLogger("asyncio").disabled = True
    sys.unraisablehook = lambda unraisable: None


class Interrupts:
    """Has Ctrl-C raise KeyboardInterrupt at once in its block; `came` tells that it did.

    The event loop's own answer to it waits for an await, which a solution may never reach. And
    what is raised in a function that SQLite calls comes out as an error of SQLite's.
    """

    def __init__(self) -> None:
        self.came = False

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGINT, self._before)
        if self.came and kind is not KeyboardInterrupt:
            raise KeyboardInterrupt

    def raise_again(self) -> None:
        """Raise KeyboardInterrupt if one came, and yet the program goes on."""
        if self.came:
            raise KeyboardInterrupt

    @contextmanager
    def left_to_asyncio(self) -> Iterator[None]:
        """Let `asyncio.run` in its block cancel the main task, so that files are closed well."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            self.raise_again()
            yield
        finally:
            signal.signal(signal.SIGINT, self._interrupt)

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> NoReturn:
        self.came = True
        warnings.simplefilter("ignore")  # what was made and not yet awaited
        raise KeyboardInterrupt
