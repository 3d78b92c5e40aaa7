"""The clocks of Python, told to show simulated time."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import time_machine

from infra import clock
from infra.simulation.loop import SimulatedLoop

_NANOSECONDS = 1_000_000_000
START = datetime(2030, 1, 1, 9, tzinfo=UTC)


class Clocks:
    """Inside the block every clock of Python follows one simulated event loop: `follow` says which.

    The local time zone is UTC, `asyncio.sleep` is an operation, and `time.sleep` lets simulated
    time pass without letting anybody else run, as it does in real life. Code that says `from time
    import monotonic` or the like must be loaded inside the block.
    """

    def __init__(self, start: datetime = START):
        self._start = start
        self._loop: SimulatedLoop | None = None
        self._block = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as block:
            travel = time_machine.travel(self._start, tick=False)
            self._traveller = block.enter_context(travel)
            self._start_ns = time.time_ns()
            block.enter_context(_replaced_clocks(self._seconds, self._block_all))
            block.enter_context(_sleep_is_an_operation())
            self._block = block.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._block.close()

    def follow(self, loop: SimulatedLoop) -> None:
        """Show the time of this loop from now on: the start, and the seconds that it has run."""
        self._traveller.shift(loop.time() - self._seconds())
        self._loop = loop
        loop.on_jump = self._traveller.shift

    def reset(self) -> None:
        """Show the start again, until a loop is followed."""
        # Whole seconds and the rest apart: a float of years does not tell nanoseconds.
        seconds, rest_ns = divmod(self._start_ns - time.time_ns(), _NANOSECONDS)
        self._traveller.shift(seconds)
        self._traveller.shift(rest_ns / _NANOSECONDS)
        self._loop = None

    def _seconds(self) -> float:
        return self._loop.time() if self._loop else 0.0

    def _block_all(self, seconds: float) -> None:
        if self._loop:
            self._loop.block(seconds)


@contextmanager
def _replaced_clocks(
    now_seconds: Callable[[], float], block: Callable[[float], None]
) -> Iterator[None]:
    # time_machine leaves these alone, as an event loop that waits for real needs the real ones.
    def seconds() -> float:
        return now_seconds()

    def nanoseconds() -> int:
        return round(now_seconds() * _NANOSECONDS)

    simulated = {
        "monotonic": seconds,
        "monotonic_ns": nanoseconds,
        "perf_counter": seconds,
        "perf_counter_ns": nanoseconds,
        "sleep": block,
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
