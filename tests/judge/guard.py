"""The guard: a solution does no harm to the machine, nor to the process that judges it.

Python announces what touches the machine before it happens, and a hook that was added cannot be
taken away. The few things that it does not announce are functions that are replaced.
"""

import _thread
import importlib
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

_STARTS_PROCESS = "starts a process"
_STARTS_THREAD = "starts a thread, which no event loop orders (asyncio.to_thread is fine)"
_USES_NETWORK = "uses the network"
_CALLS_C = "calls what is below Python, unseen"
_CHANGES_FILE = "changes a file"
_SENDS_SIGNAL = "sends a signal"
_ENDS_PROCESS = "ends the process"
_UNDOES = "undoes what keeps a run from hanging"

_REFUSED = {
    "os.exec": _STARTS_PROCESS,
    "os.fork": _STARTS_PROCESS,
    "os.forkpty": _STARTS_PROCESS,
    "os.posix_spawn": _STARTS_PROCESS,
    "os.spawn": _STARTS_PROCESS,
    "os.startfile": _STARTS_PROCESS,
    "os.system": _STARTS_PROCESS,
    "pty.spawn": _STARTS_PROCESS,
    "subprocess.Popen": _STARTS_PROCESS,
    "socket.bind": _USES_NETWORK,
    "socket.connect": _USES_NETWORK,
    "socket.getaddrinfo": _USES_NETWORK,
    "socket.sendto": _USES_NETWORK,
    "os.kill": _SENDS_SIGNAL,
    "os.killpg": _SENDS_SIGNAL,
    "signal.pthread_kill": _SENDS_SIGNAL,
}
# The places in an event's arguments that hold the paths of what would be changed.
_CHANGED_PATHS = {
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.link": (1,),
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.rename": (0, 1),
    "os.rmdir": (0,),
    "os.symlink": (1,),
    "os.truncate": (0,),
    "os.utime": (0,),
    "shutil.rmtree": (0,),
}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_ROOT = os.path.realpath(Path(__file__).parents[2])
_WRITABLE = (os.path.realpath(tempfile.gettempdir()), "/dev")

_DEPTHS = (1_000, 10_000)
"""The least and the most that `sys.setrecursionlimit` sets: the judge's own calls need some."""


class NotAllowed(RuntimeError):
    """The solution tried what would harm the machine or the judge. It has not happened."""


class Guard:
    """Refuses harm in this process, from `install` on. `refused` tells of the first time."""

    def __init__(self, file: str, *, descriptors: Iterable[int]):
        self.refused: str | None = None
        self._file = file
        self._descriptors = frozenset(descriptors)

    def install(self) -> None:
        """Begin. It cannot be ended: it is for a process that judges and does nothing else."""
        sys.dont_write_bytecode = True
        sys.addaudithook(self._hear)
        os._exit = self._refusing("os._exit", _ENDS_PROCESS)
        os.abort = self._refusing("os.abort", _ENDS_PROCESS)
        self._keep_to_one_thread()
        self._keep_to_one_process()
        self._keep_folders()
        self._keep_alarm()
        self._keep_descriptors()
        _keep_depth()

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if (set(mode or "") & set("wax+") or flags & _WRITES) and not _is_free(path):
                self._refuse(f"open {path}", _CHANGES_FILE)
        elif event in _REFUSED:
            self._refuse(event, _REFUSED[event])
        elif event in _CHANGED_PATHS:
            # A path may be given from a folder's descriptor on: that folder is not known.
            is_known = event == "os.truncate" or arguments[-1] in (-1, None)
            for place in _CHANGED_PATHS[event]:
                if not (is_known and _is_free(arguments[place])):
                    self._refuse(f"{event} {arguments[place]}", _CHANGES_FILE)
        elif event.startswith("ctypes."):
            self._refuse(event, _CALLS_C)
        elif event == "sqlite3.connect" and arguments[0] != ":memory:":
            self._refuse(event, "opens a database of its own: use infra's execute_sql")

    def _refuse(self, what: str, why: str) -> None:
        line = line_in(self._file, sys._getframe())
        place = f"{Path(self._file).name}:{line}: " if line else ""
        message = f"{place}the solution {why} ({what}): not allowed here"
        self.refused = self.refused or message
        raise NotAllowed(message)

    def _refusing(self, what: str, why: str) -> Callable[..., Any]:
        def refuse(*arguments: object, **named: object) -> None:
            self._refuse(what, why)

        return refuse

    def _keep_to_one_thread(self) -> None:
        refuse = self._refusing("threading", _STARTS_THREAD)
        for module in (_thread, threading):
            for name in ("start_new", "start_new_thread", "start_joinable_thread"):
                for known_as in (name, f"_{name}"):
                    if hasattr(module, known_as):
                        setattr(module, known_as, refuse)

    def _keep_to_one_process(self) -> None:
        """Refuse what subprocess and multiprocessing start processes by."""
        refuse = self._refusing("fork_exec", _STARTS_PROCESS)
        for module, name in (("_posixsubprocess", "fork_exec"), ("subprocess", "_fork_exec")):
            with suppress(ImportError):  # on Windows
                setattr(importlib.import_module(module), name, refuse)

    def _keep_folders(self) -> None:
        """Refuse to open from a folder's descriptor on: that folder is not announced."""
        before = os.open

        def guarded(*arguments: Any, dir_fd: int | None = None, **named: Any) -> int:
            if dir_fd is not None:
                self._refuse("os.open", "opens a file from a folder's descriptor on")
            return before(*arguments, **named)

        vars(sys.modules[os.name])["open"] = os.open = guarded

    def _keep_alarm(self) -> None:
        """Let nobody take the watchdog's signal away."""

        def guarded(name: str) -> None:
            before: Callable[..., Any] = getattr(signal, name)

            def guard(what: Any, *arguments: Any) -> Any:
                if name != "signal" or what == signal.SIGALRM:
                    self._refuse(f"signal.{name}", _UNDOES)
                return before(what, *arguments)

            setattr(signal, name, guard)

        for name in ("signal", "alarm", "setitimer", "pthread_sigmask"):
            if hasattr(signal, name):
                guarded(name)

    def _keep_descriptors(self) -> None:
        """Let nobody close the pipe to the parent."""
        close, close_range, duplicate = os.close, os.closerange, os.dup2

        def guarded_close(fd: int) -> None:
            if fd in self._descriptors:
                self._refuse("os.close", "closes what the judge has open")
            close(fd)

        def guarded_close_range(low: int, high: int, /) -> None:
            if any(low <= descriptor < high for descriptor in self._descriptors):
                self._refuse("os.closerange", "closes what the judge has open")
            close_range(low, high)

        def guarded_duplicate(fd: int, fd2: int, inheritable: bool = True) -> int:  # noqa: FBT001, FBT002 - as os.dup2
            if fd2 in self._descriptors:
                self._refuse("os.dup2", "closes what the judge has open")
            return duplicate(fd, fd2, inheritable)

        os.close, os.closerange, os.dup2 = guarded_close, guarded_close_range, guarded_duplicate


def line_in(file: str, frame: FrameType | None) -> int | None:
    """Return the line of that file that led to a frame; `None` when none did."""
    while frame and frame.f_code.co_filename != file:
        frame = frame.f_back
    return frame.f_lineno if frame else None


def _is_free(path: object) -> bool:
    """Return whether a solution may change a file: one of its own, outside of the kit."""
    if not isinstance(path, str | bytes | os.PathLike):
        return True  # a descriptor: what it has open already
    real = os.path.realpath(os.fsdecode(path))
    if _is_in(real, _ROOT):
        return False
    return any(_is_in(real, folder) for folder in _WRITABLE)


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)


def _keep_depth() -> None:
    """Let the recursion limit be neither so low that the judge breaks, nor so high that Python."""
    set_limit, (least, most) = sys.setrecursionlimit, _DEPTHS

    def set_limit_within(limit: int, /) -> None:
        set_limit(min(max(limit, least), most))

    sys.setrecursionlimit = set_limit_within
