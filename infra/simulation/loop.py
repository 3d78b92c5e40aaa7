"""An event loop whose clock jumps to the next timer whenever nobody can run."""

import asyncio
import math
from collections import deque
from collections.abc import Callable
from contextvars import Context
from functools import partial
from heapq import heappush
from itertools import count
from typing import Any, TypeVar

T = TypeVar("T")

_NANOSECONDS = 1_000_000_000
_NANOSECONDS_EXACT = 2**22 * _NANOSECONDS
"""Up to here, 48 days, a float of seconds tells one nanosecond from the next."""

_DAY_SECONDS = 24 * 60 * 60
_LIFETIME_SECONDS = 1_000 * 365 * _DAY_SECONDS
"""Who waits longer waits for ever; a datetime ends with the year 9999."""


class Deadlock(RuntimeError):
    """Everybody waits and no timer is set: nothing could ever happen again."""


class Timer(asyncio.TimerHandle):
    """A timer that fires before all that are due at the same time and were set after it.

    asyncio leaves the order of those to its heap, which would make it an accident.
    """

    __slots__ = ("number",)

    number: int
    _scheduled: bool

    def __lt__(self, other: object) -> bool:
        assert isinstance(other, Timer)
        return (self.when(), self.number) < (other.when(), other.number)


class SimulatedLoop(asyncio.BaseEventLoop):
    """Runs tasks and timers only, one after another, in an order that never varies.

    `on_jump` is told each jump of the clock, in seconds; `blocked_seconds` is how long code held
    everybody up that slept without awaiting. There is no network and there are no threads: what is
    handed to an executor runs at once, and its answer comes when it would have slept enough.
    """

    def __init__(self) -> None:
        super().__init__()
        self._now_ns = 0
        self.on_jump: Callable[[float], None] = lambda seconds: None
        self.blocked_seconds = 0.0
        self._slept_in_thread: float | None = None
        """How long what is handed to an executor has slept, while it runs."""
        self._timer_numbers = count()
        # BaseEventLoop asks its selector to wait for events until the next timer. There are no
        # events here, so the loop is its own selector, and waiting is moving the clock.
        self._selector = self
        # What the base class calls them; it does not tell type checkers.
        self._ready: deque[asyncio.Handle]
        self._scheduled: list[asyncio.TimerHandle]
        self._check_closed: Callable[[], None]

    def time(self) -> float:
        """Return the simulated seconds since the loop began."""
        return self._now_ns / _NANOSECONDS

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call back at that time of the loop's clock, in the order of the calls to this."""
        self._check_closed()
        timer = Timer(when, callback, args, self, context)
        timer.number = next(self._timer_numbers)
        heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer

    def select(self, timeout_seconds: float | None) -> list[object]:
        """Let time pass until the next timer. Raises Deadlock when there is none."""
        if timeout_seconds is None:
            raise Deadlock(self._who_waits())
        if timeout_seconds >= _DAY_SECONDS:
            # The base class never asks for more than a day.
            timeout_seconds = self._scheduled[0].when() - self.time()
            if self.time() + timeout_seconds > _LIFETIME_SECONDS:
                raise Deadlock(self._who_waits())
        if timeout_seconds > 0:
            self._jump(timeout_seconds)
        return []

    def skip_ahead(self, seconds: float) -> bool:
        """Let that time pass at once, if nobody else has anything to do meanwhile.

        Returns whether it has passed. The same happens as in a wait, without its detour.
        """
        if self._ready:
            return False
        if self._scheduled and self._scheduled[0].when() <= self.time() + seconds:
            return False
        task = asyncio.current_task(self)
        if task is None or task.cancelling():
            return False
        if self.time() + seconds > _LIFETIME_SECONDS:
            return False
        self._jump(max(seconds, 0))
        return True

    def block(self, seconds: float) -> None:
        """Let that time pass while nobody can run; who sleeps in a thread holds nobody up."""
        if self._slept_in_thread is not None:
            self._slept_in_thread += max(seconds, 0)
            return
        self.blocked_seconds += seconds
        self._jump(max(seconds, 0))

    def _jump(self, seconds: float) -> None:
        # To the nearest nanosecond, which is near enough for a timer to be taken as due.
        jump_ns = round(seconds * _NANOSECONDS)
        self._now_ns += jump_ns
        self.on_jump(jump_ns / _NANOSECONDS)
        if self._now_ns > _NANOSECONDS_EXACT:
            # What the base class adds to the time to see what is due: not lost in rounding.
            self._clock_resolution = math.ulp(self.time())

    def run_in_executor(  # type: ignore[override]
        self, executor: object, function: Callable[..., T], *arguments: Any
    ) -> asyncio.Future[T]:
        """Run the function now: another thread would run at a moment that nobody chose."""
        future: asyncio.Future[T] = self.create_future()
        before, self._slept_in_thread = self._slept_in_thread, 0.0
        try:
            answer = partial(future.set_result, function(*arguments))
        except Exception as error:
            answer = partial(future.set_exception, error)
        finally:
            slept_seconds, self._slept_in_thread = self._slept_in_thread, before
        if slept_seconds:
            self.call_later(slept_seconds, lambda: future.done() or answer())
        else:
            answer()
        return future

    def _who_waits(self) -> str:
        waiting = [task.get_name() for task in asyncio.all_tasks(self)]
        return f"deadlock: all of {', '.join(sorted(waiting))} wait, and nothing will wake them"

    def _process_events(self, events: list[object]) -> None:
        """Nothing ever comes from outside."""

    def _write_to_self(self) -> None:
        """Nobody waits outside, so nobody needs to be woken."""
