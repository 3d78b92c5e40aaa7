"""Other processes that use a database file."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 120  # a busy machine is slow: no test is decided by it

PROGRAM = """
import asyncio, os, resource, signal, sqlite3, sys
from pathlib import Path
import infra.database
from infra.database import execute_sql, file, transaction
from infra.errors import DatabaseUnavailableError
infra.database.DEFAULT_PATH = path = Path(sys.argv[1])
"""
"""How every program begins: with the database at the path that it is given."""


@contextmanager
def started(body: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, for the block. Warnings are errors there."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM + body, str(path)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def result_of(body: str, path: Path) -> tuple[int, str, str]:
    """Run a program to its end; return its exit code and what it wrote, to stdout and stderr."""
    with started(body, path) as process:
        out, err = process.communicate(timeout=TIMEOUT_SECONDS)
        return process.returncode, out, err


def names(path: Path) -> list[object]:
    with closing(sqlite3.connect(path)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM campaigns ORDER BY id")]


def heed_ctrl_c() -> None:
    """Let a process that is about to begin (`preexec_fn`) end at SIGINT, as in a terminal.

    A shell that runs the tests in the background has them ignore it, and all that they start.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def is_alive(pid: int) -> bool:
    """Return whether there is such a process, and not only what is left until somebody asks."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def eventually(condition: Callable[[], bool], seconds: float = TIMEOUT_SECONDS) -> bool:
    """Return whether a condition comes true in that time."""
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()
