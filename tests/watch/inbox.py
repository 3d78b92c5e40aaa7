"""Where everything arrives: events of threads, keys, signals."""

import os
import select
import signal
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from tests.watch.events import Event, Pressed, Quit
from tests.watch.keys import keys

_ENDS = ("SIGINT", "SIGTERM", "SIGHUP")


class Inbox:
    """Collects what happens. Only `wait` may be called by one thread alone, the main one."""

    def __init__(self, keyboard: int | None = None):
        self._events: deque[Event | Quit] = deque()
        self._keyboard = keyboard
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        self.is_to_stop = False
        """Whether Ctrl-Z was pressed."""

    def post(self, event: Event) -> None:
        """Add an event, from any thread."""
        self._events.append(event)
        self.wake()

    def wake(self) -> None:
        """Have `wait` return."""
        with suppress(OSError):  # full: it will wake anyway
            os.write(self._wake, b".")

    def wait(self, seconds: float) -> list[Event | Quit]:
        """Return what has come, as soon as there is anything, or after that time."""
        wanted = [self._woken] if self._keyboard is None else [self._woken, self._keyboard]
        ready, _, _ = select.select(wanted, [], [], seconds)
        if self._woken in ready:
            with suppress(OSError):
                os.read(self._woken, 65536)
        if self._keyboard in ready:
            self._read_keys()
        events = list(self._events)
        for _ in events:
            self._events.popleft()
        return events

    def _read_keys(self) -> None:
        assert self._keyboard is not None
        try:
            data = os.read(self._keyboard, 65536)
        except OSError:
            data = b""
        if not data:  # the terminal is gone
            self._keyboard = None
            self._events.append(Quit())
        self._events.extend(Pressed(key) for key in keys(data))

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Take signals as events while the block lasts, so that none comes at a bad moment."""
        handlers = dict.fromkeys(_ENDS, self._end)
        handlers |= {"SIGTSTP": self._stop, "SIGWINCH": lambda number, frame: None}
        before = {
            number: signal.signal(number, handler)
            for name, handler in handlers.items()
            if (number := getattr(signal, name, None)) is not None
        }
        wakeup = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._events.append(Quit())

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.is_to_stop = True
