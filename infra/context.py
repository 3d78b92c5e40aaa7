"""Who is calling: the worker, the job that it processes, and the line of code.

Worker and job follow the task and the tasks that it starts, as a process id follows a process.
"""

import asyncio
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from functools import cache
from pathlib import Path
from types import FrameType

_KIT = Path(__file__).resolve().parent
_LIBRARY = Path(asyncio.__file__).resolve().parents[1]

_FOUR = frozenset({"claim_next_job", "create_campaign_jobs", "send_email_step", "process_job"})

_worker: ContextVar[str] = ContextVar("worker")
_job: ContextVar[int | None] = ContextVar("job", default=None)


def current_worker_id() -> str:
    """Return the id of the calling worker, for example `worker-7`.

    Outside any worker the process stands in for one: `worker-<process id>`.
    """
    return _worker.get(None) or _process_id()


def worker_in(context: Context) -> str | None:
    """Return the id of the worker whose context that is, or `None` outside any."""
    return context.get(_worker)


@cache
def _process_id() -> str:
    return f"worker-{os.getpid()}"


os.register_at_fork(after_in_child=_process_id.cache_clear)


def current_job_id() -> int | None:
    """Return the id of the job that the calling worker processes, or `None` between jobs."""
    return _job.get()


@contextmanager
def as_worker(worker_id: str) -> Iterator[None]:
    """Make everything inside the block be done by that worker."""
    token = _worker.set(worker_id)
    try:
        yield
    finally:
        _worker.reset(token)


@contextmanager
def processing(job_id: int | None) -> Iterator[None]:
    """Make everything inside the block be done for that job, or for none."""
    token = _job.set(job_id)
    try:
        yield
    finally:
        _job.reset(token)


def caller_line() -> str:
    """Return the nearest line outside of the kit that led here, as `candidate/solution.py:41`.

    The nearest line at all when there is none, as for a worker's heartbeat.
    """
    nearest = frame = sys._getframe(1)
    while _is_ours(frame.f_code.co_filename):
        if frame.f_back is None:
            frame = nearest
            break
        frame = frame.f_back
    return f"{_shown(frame.f_code.co_filename)}:{frame.f_lineno}"


def caller_function(files: Collection[str]) -> str | None:
    """Return the function of these files that led here: of the contract's four the nearest one.

    Else the nearest function of them, or `None` when no code of these files led here.
    """
    nearest = None
    frame: FrameType | None = sys._getframe(1)
    while frame and (frame := frame.f_back):
        if frame.f_code.co_filename in files:
            name = frame.f_code.co_name
            if name in _FOUR:
                return name
            nearest = nearest or name
    return nearest


@cache
def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(_KIT) or path.is_relative_to(_LIBRARY)


@cache
def _shown(filename: str) -> str:
    path = Path(filename)
    is_below = path.is_relative_to(_KIT.parent)
    return path.relative_to(_KIT.parent).as_posix() if is_below else path.name
