"""A simulation: simulated time for all of Python, on an event loop of its own."""

import asyncio
from collections.abc import Coroutine
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from infra.operations import Seam, installed
from infra.simulation.clocks import START, Clocks
from infra.simulation.loop import SimulatedLoop
from infra.simulation.overseer import Crash, Overseer

T = TypeVar("T")


class Simulation:
    """Runs coroutines in simulated time, inside a `with` block; one at a time in a process.

    Inside the block every clock of Python tells the simulated time, the local time zone is UTC,
    and `asyncio.sleep` is an operation. Code that says `from time import monotonic` or the like
    must be loaded there. Operations pass `seam`: an Overseer that only counts, if none is given.
    """

    def __init__(self, seam: Seam | None = None, *, start: datetime = START):
        self._seam = seam or Overseer()
        self._start = start
        self._block = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as block:
            block.enter_context(installed(self._seam))
            clocks = block.enter_context(Clocks(self._start))
            runner = asyncio.Runner(loop_factory=SimulatedLoop)
            loop = runner.get_loop()
            assert isinstance(loop, SimulatedLoop)
            self._loop = loop
            loop.set_exception_handler(tell_unless_crash)
            clocks.follow(loop)
            # Last in, first out: what tasks do when they are cancelled at the end is simulated too.
            self._runner = block.enter_context(runner)
            self._block = block.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._block.close()

    def run(self, main: Coroutine[object, object, T]) -> T:
        """Run a coroutine to its end. Raises Deadlock when it can never end."""
        return self._runner.run(main)

    @property
    def seconds(self) -> float:
        """The simulated seconds that have passed."""
        return self._loop.time()


def tell_unless_crash(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Tell of an error that nobody waits for, but not of a dead worker's end."""
    # What a dead worker left running dies at its next operation, and nobody waits for it.
    if not isinstance(context.get("exception"), Crash):
        loop.default_exception_handler(context)
