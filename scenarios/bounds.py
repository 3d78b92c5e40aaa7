"""What keeps a run within bounds, whatever somebody's solution does: operations, and prints."""

import asyncio
import gc
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import TextIOBase
from typing import NoReturn

from infra.operations import Operation
from infra.simulation import Overseer

OPERATIONS_MAX = 200_000
ENDING_SECONDS = 60.0
OPERATIONS_AT_ONCE_MAX = 10_000
"""So many of one run while no time passes; only sleeps of no length take none."""


class Bounds:
    """The seam that lets a run come to an end whatever a solution does.

    Who does too much waits from then on for ever: an error could be caught. `broken` then says
    what it was too much of, and `exceeded` is done.
    """

    def __init__(self, overseer: Overseer, *, on_operation: Callable[[], None] = lambda: None):
        self.broken: str | None = None
        self._overseer = overseer
        self._on_operation = on_operation
        self._loop: asyncio.AbstractEventLoop | None = None
        self._exceeded: asyncio.Future[None] | None = None
        self._moment = -1.0
        self._at_once = 0
        self._is_closed = False

    @property
    def exceeded(self) -> asyncio.Future[None]:
        """Done when there was too much of something."""
        self._loop = self._loop or asyncio.get_running_loop()
        self._exceeded = self._exceeded or self._loop.create_future()
        return self._exceeded

    def before(self, operation: Operation) -> Awaitable[None] | None:
        """Let the operation happen, or wait for ever when there were too many."""
        self._overseer.before(operation)
        self._count()
        if self._is_closed or self.broken or self._is_too_much(operation):
            if not self.exceeded.done():
                self.exceeded.set_result(None)
            return self.exceeded.get_loop().create_future()
        self._on_operation()
        return None

    def close(self) -> None:
        """Let nobody do anything more, and nobody wait for those who go on all the same.

        Raises SystemExit out of the event loop, after a while, if it still runs then.
        """
        if not self._is_closed and self._loop:
            self._leave_later(self._loop)
        self._is_closed = True

    def after(self, operation: Operation) -> None:
        """Let the overseer see what came of it."""
        self._overseer.after(operation)

    def cut(self, operation: Operation) -> None:
        """Let the overseer see that nobody waits for it."""
        self._overseer.cut(operation)

    def _leave_later(self, loop: asyncio.AbstractEventLoop) -> None:
        def leave() -> NoReturn:
            # Again, as the loop runs once more to cancel what is left.
            self._leave_later(loop)
            # Who is not to be cancelled may not be thrown away either: a loop around an
            # `except:` would then begin to spin. So nothing of what is here is collected.
            gc.freeze()
            sys.exit()

        loop.call_later(ENDING_SECONDS, leave)

    def _count(self) -> None:
        moment = time.monotonic()
        self._at_once = self._at_once + 1 if moment == self._moment else 1
        self._moment = moment

    def _is_too_much(self, operation: Operation) -> bool:
        if self._at_once > OPERATIONS_AT_ONCE_MAX:
            self.broken = (
                f"{operation.worker} goes on and on without any time passing ({operation.words})"
            )
        elif self._overseer.count > OPERATIONS_MAX:
            self.broken = f"more than {OPERATIONS_MAX:,} operations"
        return self.broken is not None


class _Sink(TextIOBase):
    """Where a solution's prints go: they are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = 0

    def write(self, text: str) -> int:
        """Count the lines of what is printed."""
        self.lines += text.count("\n")
        return len(text)


@contextmanager
def quiet() -> Iterator[_Sink]:
    """Count what is printed inside the block, in place of showing it."""
    sink = _Sink()
    with redirect_stdout(sink), redirect_stderr(sink):
        yield sink
