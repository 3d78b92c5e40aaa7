"""Has a solution judged in processes of its own, and believes only whole answers."""

import json
import os
import re
import secrets
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, Protocol

from tests.judge.names import ROOT, all_names, shown
from tests.judge.report import Report, Result

SILENCE_SECONDS_MAX = 4.0
"""A judging process says four times a second that it is alive, whatever the solution does.

Only one that is inside a call that never comes back to Python cannot: after so much computing of
its own, not waiting, it is ended.
"""

_LONG = ("D1", "D2", "D4", "D7")
"""These checks take as long as all the others."""

_SECOND_HALVES = ("A7", "B2", "C5", "D1", "D3", "D4", "D5")
"""These checks take about as long as the others of their tasks, each by each."""

_ASLEEP_SECONDS_MAX = 60.0
_LOOK_SECONDS = 0.5
_TELL_SECONDS = 0.2

_DIED = "the process ended: a crash, or too much memory"
_LOST = "it is inside a call that does not end"


class Process(Protocol):
    """A judging process, the leader of a group that has nobody else's processes."""

    @property
    def pid(self) -> int:
        """Its number, and its group's."""

    def wait(self) -> object:
        """Wait until it has ended."""


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
        pass_fds=[*asked["descriptors"], *asked["where"]],
        start_new_session=True,
    )
    assert process.stdin
    with suppress(BrokenPipeError), process.stdin:
        process.stdin.write(json.dumps(asked).encode())
    return process


def judged(
    solution: Path,
    *,
    only: Sequence[str] = (),
    first: str | None = None,
    replay: str | None = None,
    seed: int = 0,
    budget: float = 1.0,
    on_result: Callable[[Result], None] = lambda result: None,
    start: Callable[[dict[str, Any]], Process] = start_new,
) -> Report:
    """Have the checks that `only` names, by id or by task, judged; all when it names none.

    Those of the task `first` come first; when it is given, if only as "", both processes judge
    each task, so that it is known sooner. `start` begins the judging process, when it is not to
    be a new one; who ends that process has this return at once.
    """
    began = time.monotonic()
    wanted = [name for name in all_names() if not only or name in only or name[0] in only]
    with tempfile.TemporaryDirectory(prefix="judge-", ignore_cleanup_errors=True) as folder:
        settings = {
            "solution": str(solution),
            "replay": replay,
            "seed": seed,
            "budget": budget,
            "folder": folder,
        }
        answers = _ask(_groups(wanted, first), settings, on_result, start)
    report = _report(solution, wanted, answers)
    report.seconds = time.monotonic() - began
    report.seed = seed
    return report


@dataclass(slots=True, eq=False)
class _Answer:
    """What one judging process has said so far."""

    solution: str
    wanted: list[str]
    descriptor: int
    password: bytes
    """Begins each line that is the judge's: not the solution's, which can write to the pipe too."""
    where: IO[bytes]
    """To this file Python tells where it is, when it gets a signal."""
    loaded: bool = False
    pid: int | None = None
    results: dict[str, Result] = field(default_factory=dict)
    observations: list[tuple[str, str]] = field(default_factory=list)
    unusable: str | None = None
    stopped: str | None = None
    stopped_in: str | None = None
    """The check in which it was, when it has told what came of that."""
    prints: str = ""
    rest: bytes = b""
    heard_at: float = 0.0
    computed_seconds: float = 0.0


def _ask(
    groups: list[list[str]],
    settings: dict[str, Any],
    on_result: Callable[[Result], None],
    start: Callable[[dict[str, Any]], Process],
) -> list[_Answer]:
    """Start the judging processes, and listen until they are done."""
    password = secrets.token_hex(16)
    with ExitStack() as opened:
        answers, writes = [], []
        for group in groups:
            read, write = os.pipe()
            opened.callback(os.close, read)
            writes.append(write)
            where = opened.enter_context(tempfile.TemporaryFile())
            answers.append(
                _Answer(settings["solution"], group, read, password.encode() + b" ", where)
            )
        asked = {
            **settings,
            "groups": groups,
            "descriptors": writes,
            "where": [answer.where.fileno() for answer in answers],
            "password": password,
        }
        with _uninterrupted():
            process = start(asked)
            opened.callback(_end, process)
        for write in writes:
            os.close(write)
        _listen(answers, on_result)
    return answers


def _groups(wanted: list[str], first: str | None) -> list[list[str]]:
    """Divide the checks among two processes: there are two cores nearly everywhere."""
    if first is not None:
        wanted = sorted(wanted, key=lambda name: name[0] != first)
    second = _LONG if first is None else _SECOND_HALVES
    groups = [
        [name for name in wanted if name not in second],
        [name for name in wanted if name in second],
    ]
    return [group for group in groups if group] if hasattr(os, "fork") else [wanted]


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


def _listen(answers: list[_Answer], on_result: Callable[[Result], None]) -> None:
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


def _read(answer: _Answer, on_result: Callable[[Result], None]) -> bool:
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


def _take(answer: _Answer, event: dict[str, Any], on_result: Callable[[Result], None]) -> None:
    match event.pop("kind"):
        case "hello":
            answer.pid = event["pid"]
        case "loaded":
            answer.loaded = True
        case "result":
            result = Result.from_event(event)
            answer.results[result.id] = result
            on_result(result)
        case "observation":
            answer.observations.append((event["task"], event["text"]))
        case "unusable":
            answer.unusable = event["message"]
        case "stopped":
            answer.stopped, answer.stopped_in = event["message"], event["check"]
        case "end":
            answer.prints = event["prints"]


def _is_lost(answer: _Answer) -> bool:
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


def _where(answer: _Answer) -> str:
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


def _report(solution: Path, wanted: list[str], answers: list[_Answer]) -> Report:
    unusable = next(filter(None, map(_why_unusable, answers)), None)
    results = {name: result for answer in answers for name, result in answer.results.items()}
    for answer in answers:
        missing = [name for name in answer.wanted if name not in answer.results]
        for name in missing:
            results[name] = _unjudged(name, answer, first=answer.stopped_in or missing[0])
    return Report(
        solution=shown(solution),
        results=[] if unusable else [results[name] for name in wanted],
        observations=sorted(
            (seen for answer in answers for seen in answer.observations), key=itemgetter(0)
        ),
        prints=next((answer.prints for answer in answers if answer.prints), ""),
        unusable=unusable and unusable.replace(str(solution), shown(solution)),
    )


def _why_unusable(answer: _Answer) -> str | None:
    if answer.unusable or answer.loaded:
        return answer.unusable
    return f"{answer.solution}: while it is loaded, {answer.stopped or _DIED}"


def _unjudged(name: str, answer: _Answer, *, first: str) -> Result:
    check = all_names()[name]
    words = answer.stopped or _DIED
    if name == first:
        return Result(name, check.name, check.rule, "error", f"while this was judged, {words}")
    return Result(name, check.name, check.rule, "not_run", f"not judged after {first}: {words}")
