"""The watchdog: notices code that neither ends nor gives way to others.

What counts is lines of code, not time: once nothing has happened for a while, the lines that are
executed are counted, and only a number of them that no right solution comes near ends the run.
Time alone ends only what executes no lines at all, as a lock that nobody will release.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

TICK_SECONDS = 0.25
LINES_MAX = 1_500_000

_TICKS_UNTIL_COUNTING = 3
_TICKS_WITHOUT_LINES = 8
_STOPS_MAX = 3


class Stuck(BaseException):
    """Stops code that does not end. No Exception, so that `except Exception` lets it through."""


class Watchdog:
    """Watches one process, while its block lasts. `progress` is anything that changes as it works.

    `on_tick` is called at each tick; `give_up` when a Stuck was caught and ignored.
    """

    def __init__(
        self,
        progress: Callable[[], object],
        file: str,
        *,
        on_tick: Callable[[], None],
        give_up: Callable[[str], None],
    ):
        self._progress = progress
        self._file = file
        self._on_tick = on_tick
        self._give_up = give_up
        self._last: object = None
        self._quiet_ticks = 0
        self._lines = 0
        self._lines_at_tick = 0
        self._still_ticks = 0
        self._stops = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what runs inside the block."""
        before = signal.signal(signal.SIGALRM, self._tick)
        signal.setitimer(signal.ITIMER_REAL, TICK_SECONDS, TICK_SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            sys.settrace(None)

    def _tick(self, number: int, frame: FrameType | None) -> None:
        self._on_tick()
        progress = self._progress()
        if progress != self._last:
            self._last = progress
            self._quiet_ticks = self._still_ticks = 0
            self._lines = self._lines_at_tick = 0
            self._stops = 0
            sys.settrace(None)
            return
        self._quiet_ticks += 1
        if self._quiet_ticks == _TICKS_UNTIL_COUNTING:
            self._count_lines(frame)
        elif self._quiet_ticks > _TICKS_UNTIL_COUNTING:
            self._see_whether_it_moves(frame)

    def _see_whether_it_moves(self, frame: FrameType | None) -> None:
        self._still_ticks = self._still_ticks + 1 if self._lines == self._lines_at_tick else 0
        self._lines_at_tick = self._lines
        if self._still_ticks >= _TICKS_WITHOUT_LINES:
            self._still_ticks = 0
            self._stop(frame, "waits in a call that does not come back")

    def _count_lines(self, frame: FrameType | None) -> None:
        while frame:
            frame.f_trace = self._trace
            frame = frame.f_back
        sys.settrace(self._trace)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        self._lines += 1
        if self._lines > LINES_MAX:
            self._lines = 0
            self._quiet_ticks = _TICKS_UNTIL_COUNTING - 1
            self._stop(frame, "loops without end, and without an await that gives way to others")
        return self._trace

    def _stop(self, frame: FrameType | None, words: str) -> None:
        line = self._line_of(frame)
        self._stops += 1
        message = f"{words}, at line {line}" if line else words
        if self._stops > _STOPS_MAX:
            self._give_up(message)
        raise Stuck(message)

    def _line_of(self, frame: FrameType | None) -> int | None:
        while frame and frame.f_code.co_filename != self._file:
            frame = frame.f_back
        return frame.f_lineno if frame else None


def exit_now(status: int) -> None:
    """End the process, whatever it is doing."""
    os._exit(status)
