"""A real terminal with a copy of the kit in it, for tests and for the benchmark; it needs tmux."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOLUTIONS = ROOT / "interviewer" / "solutions"
PATIENCE_SECONDS = 120.0  # with a machine that is busy: it decides nothing


def copy_kit(copy: Path) -> Path:
    """Make a candidate's copy of the kit, with a stand-in for `.venv`, and the solutions."""
    unwanted = shutil.ignore_patterns(".*", "__pycache__", "interview.db*", "reports", "selftests")
    shutil.copytree(ROOT, copy, ignore=unwanted)
    python = copy / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    (copy / ".venv" / ".runtime").touch()
    return copy


def save(kit: Path, text: str) -> None:
    """Save a solution as many editors do: write beside it, then put it in its place."""
    new = kit / "candidate" / ".solution.py.swp"
    new.write_text(text, encoding="utf-8")
    new.replace(kit / "candidate" / "solution.py")


class Terminal:
    """A terminal of that size, with a shell in a copy of the kit."""

    def __init__(self, kit: Path, width: int = 80, height: int = 24):
        self.kit = kit
        self._socket = str(kit.parent / "tmux")
        size = ("-x", str(width), "-y", str(height))
        self._tmux("-f", "/dev/null", "new-session", "-d", *size, "exec sh")
        self._tmux("set-option", "-g", "history-limit", "1000")

    def type(self, *keys: str) -> None:
        """Press these keys."""
        self._tmux("send-keys", *keys)

    def run(self, command: str) -> None:
        """Type a command and press Enter."""
        self._tmux("send-keys", "-l", command)
        self._tmux("send-keys", "Enter")

    def text(self, *, scrollback: bool = False, styled: bool = False) -> str:
        """Return what is to be seen; with what has scrolled away, or with colours, if wanted."""
        options = [*(["-S", "-"] if scrollback else []), *(["-e"] if styled else [])]
        return self._tmux("capture-pane", "-p", *options)

    def asks(self, what: str) -> str:
        """Return what the terminal says of itself."""
        return self._tmux("display-message", "-p", f"#{{{what}}}").strip()

    def until(self, *wanted: str, unwanted: str = "\0") -> str:
        """Wait until all of that is to be seen, and nothing unwanted, and return the screen."""
        return self.until_true(
            lambda text: all(each in text for each in wanted) and unwanted not in text
        )

    def until_true(self, condition: Callable[[str], bool]) -> str:
        """Wait until a condition holds of the screen, and return the screen."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not condition(text := self.text()):
            assert time.monotonic() < end, f"it did not come to that:\n{text}"
            time.sleep(0.02)
        return text

    def close(self) -> None:
        """End the terminal, and all that runs in it."""
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        environment = {k: v for k, v in os.environ.items() if k not in ("TMUX", "NO_COLOR")}
        unwanted = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "COLUMNS", "LINES", "HINTS", "SESSION"}
        done = subprocess.run(
            ["tmux", "-S", self._socket, *arguments],
            cwd=self.kit,
            env={k: v for k, v in environment.items() if k not in unwanted}
            | {"SHELL": "/bin/sh", "PS1": "$ ", "ENV": "", "TERM": "xterm-256color"},
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_SECONDS,
            check=True,
        )
        return done.stdout
