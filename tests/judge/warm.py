"""Keeps a judging process ready, with everything imported: a judgement then begins at once."""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any

from tests.judge.names import ROOT
from tests.judge.processes import Process, start_new

CAN_FORK = hasattr(os, "fork") and hasattr(socket, "send_fds")


class Warm:
    """Starts judgements by forking a process that has imported all they need.

    That process (`tests.judge.waiting`) never runs a solution itself, so that it stays as it is.
    It ends with `close()`, or by itself when this process is gone.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: _Waiting | None = None
        self.prepare()

    def prepare(self) -> None:
        """Have a new process import everything, as when a file of the kit has changed."""
        self.close()
        self._waiting = _Waiting() if CAN_FORK else None

    def start(self, asked: dict[str, Any]) -> Process:
        """Begin a judgement, as `processes.start_new` does."""
        waiting = self._waiting
        if waiting is None:
            return start_new(asked)
        request, descriptors = {"judge": asked}, asked["descriptors"]
        with self._lock:
            try:
                pid = waiting.ask(request, descriptors)
            except (OSError, ValueError):  # it is gone: killed, or out of memory
                self.prepare()
                return start_new(asked)
        return _Forked(pid, waiting, self._lock)

    def close(self) -> None:
        """End the process that waits."""
        if self._waiting:
            self._waiting.close()
            self._waiting = None


class _Waiting:
    """The process that waits, and the line to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.judge.waiting", str(theirs.fileno())],
                cwd=ROOT,
                # Hashes of texts, and so the order of sets, are the same each time.
                env={**os.environ, "PYTHONHASHSEED": "0"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._socket = ours

    def ask(self, request: dict[str, Any], descriptors: list[int]) -> int:
        """Send a request and return the answer, a number. Raises OSError or ValueError."""
        line = json.dumps(request).encode() + b"\n"
        socket.send_fds(self._socket, [line], descriptors)
        return int(self._socket.recv(64))

    def close(self) -> None:
        """Let it end: it does when nobody is at the other end of the line."""
        self._socket.close()
        self._process.wait()


@dataclass(frozen=True, slots=True)
class _Forked:
    """A judging process. Its number is nobody else's until `wait` was called."""

    pid: int
    _waiting: _Waiting
    _lock: Lock

    def wait(self) -> None:
        """Wait until it has ended."""
        with self._lock, suppress(OSError, ValueError):
            self._waiting.ask({"reap": self.pid}, [])


def end(process: Process) -> None:
    """End a judgement: its `judged` then returns at once."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
