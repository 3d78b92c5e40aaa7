"""The watchdog: notices code that neither ends nor gives way to others.

What counts is lines of code, not time: once nothing has happened for a while, the lines that are
executed are counted, and only a number of them that no right solution comes near ends the run.
Where no lines are executed, what is computed counts; time alone ends only what waits and does not
compute, as for a lock that nobody will release.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

from tests.judge.guard import line_in

TICK_SECONDS = 0.25
LINES_MAX = 1_500_000

_TICKS_UNTIL_COUNTING = 3
_TICKS_WAITING_MAX = 6
_COMPUTED_SECONDS_MAX = 2.0
_QUIET_SECONDS_MAX = 5.0
"""So much is computed, at most, without anything happening, however many lines that were."""

_LINES_OF_TICK = 20
"""A tick has a few lines of its own, to begin and to end."""

_STOPS_MAX = 3

_LOOPS = "loops without end, or for too long, without an await that gives way to others"
_COMPUTES = "computes without end, or for too long, inside one call"
_WAITS = "waits in a call that does not come back"

_set_signal, _set_timer, _exit = signal.signal, signal.setitimer, os._exit


class Stuck(BaseException):
    """Stops code that does not end. No Exception, so that `except Exception` lets it through."""


class Watchdog:
    """Watches one process, while its block lasts. `progress` is anything that changes as it works.

    `on_tick` is called at each tick, `on_stop` with each Stuck before it is raised, and `give_up`
    when a Stuck was caught and ignored too often.
    """

    def __init__(
        self,
        progress: Callable[[], object],
        file: str,
        *,
        on_tick: Callable[[], None],
        on_stop: Callable[[Stuck], None],
        give_up: Callable[[str], None],
    ):
        self._progress = progress
        self._file = file
        self._on_tick = on_tick
        self._on_stop = on_stop
        self._give_up = give_up
        self._last: object = None
        self._quiet_ticks = 0
        self._lines = 0
        self._lines_at_tick = 0
        self._opcodes = self._opcodes_at_tick = 0
        """Since the last line: a loop such as `while True: pass` never comes to another."""
        self._in_tick = False
        self._waiting_ticks = 0
        self._computed_seconds = 0.0
        self._used = _used()
        self._quiet_from_seconds = 0.0
        self._stops = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what runs inside the block."""
        before = _set_signal(signal.SIGALRM, self._tick)
        _set_timer(signal.ITIMER_REAL, TICK_SECONDS, TICK_SECONDS)
        try:
            yield
        finally:
            _set_timer(signal.ITIMER_REAL, 0)
            _set_signal(signal.SIGALRM, before)
            sys.settrace(None)

    def _tick(self, number: int, frame: FrameType | None) -> None:
        self._in_tick = True  # what is done here is not what is counted
        try:
            self._on_tick()
            self._look(frame)
        finally:
            self._in_tick = False

    def _look(self, frame: FrameType | None) -> None:
        progress = self._progress()
        if progress != self._last:
            self._last = progress
            self._quiet_ticks = self._stops = 0
            self._lines = 0
            sys.settrace(None)
            return
        self._quiet_ticks += 1
        if self._quiet_ticks == _TICKS_UNTIL_COUNTING:
            self._count_lines(frame)
        elif self._quiet_ticks > _TICKS_UNTIL_COUNTING:
            self._see_whether_it_moves(frame)

    def _count_lines(self, frame: FrameType | None) -> None:
        self._start_standing()
        self._quiet_from_seconds = self._used[0]
        while frame:
            frame.f_trace = self._trace
            frame = frame.f_back
        sys.settrace(self._trace)

    def _see_whether_it_moves(self, frame: FrameType | None) -> None:
        lines, self._lines_at_tick = self._lines - self._lines_at_tick, self._lines
        opcodes, self._opcodes_at_tick = self._opcodes - self._opcodes_at_tick, self._opcodes
        if max(lines, opcodes) > _LINES_OF_TICK:
            self._start_standing()
            if self._used[0] - self._quiet_from_seconds > _QUIET_SECONDS_MAX:
                self._stop(frame, _LOOPS)
            return
        if frame:
            frame.f_trace_opcodes = True
        computed, waits = _used()
        if waits > self._used[1] or computed == self._used[0]:
            self._waiting_ticks += 1
        self._computed_seconds += computed - self._used[0]
        self._used = (computed, waits)
        if self._waiting_ticks >= _TICKS_WAITING_MAX:
            self._stop(frame, _WAITS)
        elif self._computed_seconds >= _COMPUTED_SECONDS_MAX:
            self._stop(frame, _COMPUTES)

    def _start_standing(self) -> None:
        """Begin to measure how long it stays where it is."""
        self._lines_at_tick = self._lines
        self._waiting_ticks = 0
        self._computed_seconds = 0.0
        self._used = _used()

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        if self._in_tick:
            return None
        if event == "opcode":
            self._opcodes += 1
        else:
            self._lines += 1
            self._opcodes = 0
        if max(self._lines, self._opcodes) > LINES_MAX:
            self._stop(frame, _LOOPS)
        return self._trace

    def _stop(self, frame: FrameType | None, words: str) -> None:
        line = line_in(self._file, frame)
        message = f"{words}, at line {line}" if line else words
        self._stops += 1
        self._lines = self._opcodes = 0
        self._quiet_ticks = _TICKS_UNTIL_COUNTING - 1
        stuck = Stuck(message)
        self._on_stop(stuck)
        if self._stops > _STOPS_MAX:
            self._give_up(message)
        raise stuck


def _used() -> tuple[float, int]:
    """Return what the process has computed, in seconds, and how often it has waited."""
    times = os.times()
    waits = 0
    with suppress(ImportError):
        import resource  # noqa: PLC0415 - not there on Windows

        waits = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw
    return times.user + times.system, waits


def exit_now(status: int) -> NoReturn:
    """End the process, whatever it is doing."""
    _exit(status)
