"""A simulation: simulated time for all of Python, on an event loop of its own."""

import asyncio
import time
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import time_machine

from infra import clock
from infra.operations import Seam, installed
from infra.simulation.loop import SimulatedLoop
from infra.simulation.overseer import Crash, Overseer

T = TypeVar("T")

START = datetime(2030, 1, 1, 9, tzinfo=UTC)


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
            block.enter_context(_sleep_is_an_operation())
            traveller = block.enter_context(time_machine.travel(self._start, tick=False))
            runner = asyncio.Runner(loop_factory=lambda: SimulatedLoop(traveller.shift))
            self._loop = runner.get_loop()
            self._loop.set_exception_handler(_tell_unless_crash)
            block.enter_context(_monotonic_clocks(self._loop))
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


def _tell_unless_crash(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # What a dead worker left running dies at its next operation, and nobody waits for it.
    if not isinstance(context.get("exception"), Crash):
        loop.default_exception_handler(context)


@contextmanager
def _monotonic_clocks(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    # time_machine leaves these alone, as an event loop that waits for real needs the real ones.
    def seconds() -> float:
        return loop.time()

    def nanoseconds() -> int:
        return round(loop.time() * 1_000_000_000)

    simulated = {
        "monotonic": seconds,
        "monotonic_ns": nanoseconds,
        "perf_counter": seconds,
        "perf_counter_ns": nanoseconds,
    }
    real = {name: getattr(time, name) for name in simulated}
    vars(time).update(simulated)
    try:
        yield
    finally:
        vars(time).update(real)


@contextmanager
def _sleep_is_an_operation() -> Iterator[None]:
    async def sleep(delay: float, result: object = None) -> object:
        await clock.sleep(delay)
        return result

    before, asyncio.sleep = asyncio.sleep, sleep  # type: ignore[assignment]
    try:
        yield
    finally:
        asyncio.sleep = before
