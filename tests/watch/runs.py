"""Runs judgements in the background: one at a time, the next one at once."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.judge.processes import Process
from tests.judge.report import TASKS
from tests.judge.supervisor import judged
from tests.judge.warm import Warm, end
from tests.watch.events import Event, Finished, Judged


class Runs:
    """Judges a file, and posts what comes of it; what is posted of a run that was ended is old."""

    def __init__(self, path: Path, post: Callable[[Event], None]):
        self._path = path
        self._post = post
        self._warm = Warm()
        self._current: _Run | None = None

    def judge(self, run: int, first: str, tasks: tuple[str, ...] = ()) -> None:
        """End the run that is under way, and begin another of these tasks, `first` at first."""
        if self._current:
            self._current.cancel()
        self._current = _Run(run, first, tasks, self._path, self._post, self._warm)
        threading.Thread(target=self._current, daemon=True).start()

    def renew(self) -> None:
        """Have the next run notice what changed in files other than the solution."""
        if self._current:
            self._current.cancel()
            self._current.ended.wait(timeout=5)
        self._warm.prepare()

    def close(self) -> None:
        """End everything that was started."""
        if self._current:
            self._current.cancel()
            self._current.ended.wait(timeout=5)
        self._warm.close()


class _Run:
    def __init__(
        self,
        number: int,
        first: str,
        tasks: tuple[str, ...],
        path: Path,
        post: Callable[[Event], None],
        warm: Warm,
    ):
        self._number = number
        self._first = first
        self._tasks = tasks
        self._path = path
        self._post = post
        self._warm = warm
        self._lock = threading.Lock()
        self._process: Process | None = None
        self._cancelled = False
        self.ended = threading.Event()

    def __call__(self) -> None:
        try:
            report = judged(
                self._path,
                only=self._tasks,
                passing=TASKS.keys() - self._tasks if self._tasks else (),
                first=self._first,
                on_result=lambda result: self._post(Judged(self._number, result)),
                start=self._start,
            )
            self._post(Finished(self._number, report, time.strftime("%H:%M:%S")))
        finally:
            self.ended.set()

    def cancel(self) -> None:
        """Have it end at once, also when it has hardly begun."""
        with self._lock:
            self._cancelled = True
            if self._process and not self.ended.is_set():
                end(self._process)

    def _start(self, asked: dict[str, Any]) -> Process:
        process = self._warm.start(asked)
        with self._lock:
            self._process = process
            if self._cancelled:
                end(process)
        return process
