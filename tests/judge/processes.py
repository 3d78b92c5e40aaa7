"""Starts the processes in which a solution is judged, and listens to them."""

import json
import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from tests.judge.names import ROOT
from tests.judge.report import Result
from tests.judge.settings import Settings

SILENCE_SECONDS_MAX = 4.0
"""A judging process says four times a second that it is alive, whatever the solution does.

Only one that is inside a call that never comes back to Python cannot: after so much computing of
its own, not waiting, it is ended.
"""

_PROCESSES = 2
"""There are two cores nearly everywhere."""

_ASLEEP_SECONDS_MAX = 60.0
_LOOK_SECONDS = 0.5
_TELL_SECONDS = 0.2

_LOST = "it is inside a call that does not end"


class Process(Protocol):
    """A judging process, the leader of a group that has nobody else's processes."""

    @property
    def pid(self) -> int:
        """Its number, and its group's."""

    def wait(self) -> object:
        """Wait until it has ended."""


OnResult = Callable[[Result], object]
Start = Callable[[dict[str, Any]], Process]


def start_new(asked: dict[str, Any]) -> Process:
    """Start a judging process that answers to the descriptors it is told of."""
    # Hashes of texts, and so the order of sets, are the same each time.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.judge.child"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=asked["descriptors"],
        start_new_session=True,
    )
    assert process.stdin
    with suppress(BrokenPipeError), process.stdin:
        process.stdin.write(json.dumps(asked).encode())
    return process


@dataclass(slots=True, eq=False)
class Answer:
    """What one judging process has said so far."""

    solution: str
    descriptor: int
    password: bytes
    """Begins each line that is the judge's: not the solution's, which can write to the pipe too."""
    where: IO[bytes]
    """To this file Python tells where it is, when it gets a signal."""
    loaded: bool = False
    pid: int | None = None
    check: str | None = None
    """The one that it judges, or judged last."""
    results: dict[str, Result] = field(default_factory=dict)
    spared: dict[str, str] = field(default_factory=dict)
    """By the check that took too long, or too much: why no more of its task are judged."""
    observations: dict[str, list[str]] = field(default_factory=dict)
    """By the check that has made them."""
    prints: dict[str | None, str] = field(default_factory=dict)
    """What was printed, by check; that of `None` while the solution was loaded."""
    unusable: str | None = None
    stopped: str | None = None
    ended: bool = False
    """Whether there was nothing left for it to judge."""
    rest: bytes = b""
    heard_at: float = 0.0
    computed_seconds: float = 0.0


def ask(
    names: Sequence[str],
    settings: Settings,
    on_result: OnResult,
    *,
    solution: Path,
    folder: str,
    start: Start,
) -> list[Answer]:
    """Start the judging processes, and listen until they are done, or `on_result` raises.

    Each takes the next check from a pipe when it is done with one, so that both end together.
    """
    password = os.urandom(16).hex()
    number = _PROCESSES if hasattr(os, "fork") and len(names) > 1 else 1
    with ExitStack() as opened:
        answers, writes = [], []
        for _ in range(number):
            read, write = os.pipe()
            opened.callback(os.close, read)
            writes.append(write)
            where = opened.enter_context(tempfile.TemporaryFile())
            answers.append(Answer(str(solution), read, password.encode() + b" ", where))
        wheres = [answer.where.fileno() for answer in answers]
        queued = _pipe_of(names)
        asked = {
            "solution": str(solution),
            "settings": asdict(settings),
            "folder": folder,
            "processes": number,
            "descriptors": [queued, *writes, *wheres],
            "password": password,
        }
        with _uninterrupted():
            process = start(asked)
            opened.callback(_end, process)
        for descriptor in (queued, *writes):
            os.close(descriptor)
        _listen(answers, on_result)
    return answers


def _pipe_of(names: Sequence[str]) -> int:
    """Return a descriptor from which the names can be read, two bytes each."""
    read, write = os.pipe()
    os.write(write, "".join(names).encode())
    os.close(write)
    return read


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until the block is done, so that no process is left that nobody knows."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _listen(answers: list[Answer], on_result: OnResult) -> None:
    with selectors.DefaultSelector() as selector:
        for answer in answers:
            answer.heard_at = time.monotonic()
            selector.register(answer.descriptor, selectors.EVENT_READ, answer)
        while selector.get_map():
            for key, _ in selector.select(_LOOK_SECONDS):
                if not _read(key.data, on_result):
                    selector.unregister(key.fd)
            for answer in answers:
                if answer.descriptor in selector.get_map() and _is_lost(answer):
                    answer.stopped = _LOST + _where(answer)
                    selector.unregister(answer.descriptor)


def _read(answer: Answer, on_result: OnResult) -> bool:
    """Take what a process has said. Returns whether there may be more."""
    data = os.read(answer.descriptor, 65536)
    *lines, rest = (answer.rest + data).split(b"\n")
    is_ours = rest[: len(answer.password)] == answer.password[: len(rest)]
    answer.rest = rest if is_ours else b""
    ours = [line for line in lines if line.startswith(answer.password)]
    for line in ours:
        _take(answer, json.loads(line.removeprefix(answer.password)), on_result)
    if ours:
        answer.heard_at = time.monotonic()
        answer.computed_seconds = _computed_seconds(answer.pid)
    return bool(data)


def _take(answer: Answer, event: dict[str, Any], on_result: OnResult) -> None:
    match event.pop("kind"):
        case "hello":
            answer.pid = event["pid"]
        case "loaded":
            answer.loaded = True
            answer.prints[None] = event["prints"]
        case "begun":
            answer.check = event["check"]
        case "result":
            result = Result.from_event(event)
            answer.results[result.id] = result
            answer.observations[result.id] = event["observations"]
            answer.prints[result.id] = event["prints"]
            if event["spares"]:
                answer.spared[result.id] = event["spares"]
            on_result(result)
        case "unusable":
            answer.unusable = event["message"]
        case "stopped":
            answer.stopped = event["message"]
        case "end":
            answer.ended = True


def _is_lost(answer: Answer) -> bool:
    """Return whether a process has computed for long without a word."""
    if time.monotonic() - answer.heard_at > _ASLEEP_SECONDS_MAX:
        return True
    return _computed_seconds(answer.pid) - answer.computed_seconds > SILENCE_SECONDS_MAX


def _computed_seconds(pid: int | None) -> float:
    """Return how long a process has computed; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    ticks = int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _where(answer: Answer) -> str:
    """Ask Python where it is, which it tells even inside a call. Returns `, at line 7`, or ``."""
    if answer.pid is None:
        return ""
    with suppress(ProcessLookupError):
        os.kill(answer.pid, signal.SIGUSR1)
        time.sleep(_TELL_SECONDS)
    answer.where.seek(0)
    told = answer.where.read().decode(errors="replace")
    place = re.search(rf'File "{re.escape(answer.solution)}", line (\d+)', told)
    return f", at line {place[1]}" if place else ""


def _end(process: Process) -> None:
    """End the process, and whatever it has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
