"""The terminal: the screen is drawn beside what is in it, and is left as it was found."""

import io
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TextIO

from rich.console import Console
from rich.text import Text

try:
    import termios
    import tty
except ImportError:  # Windows
    CAN_READ_KEYS = False
else:
    CAN_READ_KEYS = True

# The alternate screen leaves the scrollback alone; pasted text is marked as such.
_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[H\x1b[2J"
_LEAVE = "\x1b[?2004l\x1b[?25h\x1b[?1049l\x1b[0m"
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"  # all of it is shown at once, where that is known


def can_draw(stdout: TextIO, environment: Mapping[str, str]) -> bool:
    """Return whether there is a screen to draw on; else there are plain lines."""
    if environment.get("NO_COLOR") or environment.get("TERM", "dumb") in ("dumb", "unknown"):
        return False
    return CAN_READ_KEYS and stdout.isatty()


class Keyboard:
    """Keys come one by one, and unseen, while its block lasts; Ctrl-C still interrupts."""

    def __init__(self, stdin: TextIO | None):
        self.descriptor: int | None = None
        if CAN_READ_KEYS and stdin and stdin.isatty():
            self.descriptor = stdin.fileno()
        self._before: list[Any] | None = None

    def __enter__(self) -> Self:
        if self.descriptor is not None:
            self._before = termios.tcgetattr(self.descriptor)
            tty.setcbreak(self.descriptor)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.descriptor is not None and self._before:
            # What was typed and not read is thrown away: it was meant for the screen.
            termios.tcsetattr(self.descriptor, termios.TCSAFLUSH, self._before)


class Screen:
    """Draws lines in place, and only those that changed."""

    def __init__(self, stdout: TextIO, size: Callable[[], os.terminal_size] | None = None):
        self._stdout = stdout
        self._size = size or shutil.get_terminal_size
        self._drawn: list[str] = []
        self._drawn_size = os.terminal_size((0, 0))
        self._console = Console(
            file=io.StringIO(),
            force_terminal=True,
            color_system="standard",
            width=1000,
            highlight=False,
            legacy_windows=False,
        )

    def __enter__(self) -> Self:
        self._write(_ENTER)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._write(_LEAVE)
        self._drawn = []

    @property
    def size(self) -> os.terminal_size:
        """Columns and lines, as they are now."""
        return self._size()

    def draw(self, lines: Sequence[Text]) -> None:
        """Show these lines, from the top."""
        texts = [self._ansi(line) for line in lines]
        if self.size != self._drawn_size or len(texts) != len(self._drawn):
            self._drawn, self._drawn_size = [""] * len(texts), self.size
            clear = "\x1b[2J"
        else:
            clear = ""
        changed = [
            f"\x1b[{number};1H{text}\x1b[0m\x1b[K"
            for number, (text, before) in enumerate(zip(texts, self._drawn, strict=True), 1)
            if text != before
        ]
        if changed or clear:
            self._write(_BEGIN + clear + "".join(changed) + _END)
        self._drawn = texts

    def _ansi(self, line: Text) -> str:
        with self._console.capture() as captured:
            self._console.print(line, end="", soft_wrap=True)
        return captured.get()

    def _write(self, text: str) -> None:
        self._stdout.write(text)
        self._stdout.flush()
