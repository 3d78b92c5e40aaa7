"""Has a solution judged in processes of its own, and believes only whole answers."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.judge.names import ROOT, all_names, shown
from tests.judge.report import Report, Result

SILENCE_SECONDS_MAX = 4.0
"""A judging process says four times a second that it is alive, whatever the solution does.

Only one that is inside a call that never comes back to Python cannot: after so much computing of
its own, not waiting, it is ended.
"""

_LONG = ("D1", "D2", "D4", "D7")
"""These checks take as long as all the others."""

_ASLEEP_SECONDS_MAX = 60.0
_LOOK_SECONDS = 0.5


def judged(
    solution: Path,
    *,
    only: Sequence[str] = (),
    replay: str | None = None,
    seed: int = 0,
    budget: float = 1.0,
    on_result: Callable[[Result], None] = lambda result: None,
) -> Report:
    """Have the checks that `only` names, by id or by task, judged; all when it names none."""
    began = time.monotonic()
    wanted = [name for name in all_names() if not only or name in only or name[0] in only]
    settings = {"solution": str(solution), "replay": replay, "seed": seed, "budget": budget}
    answers = _ask(wanted, settings, on_result)
    report = _report(solution, wanted, answers)
    report.seconds = time.monotonic() - began
    return report


@dataclass(slots=True, eq=False)
class _Answer:
    """What one judging process has said so far."""

    wanted: list[str]
    descriptor: int
    pid: int | None = None
    results: dict[str, Result] = field(default_factory=dict)
    observations: list[tuple[str, str]] = field(default_factory=list)
    unusable: str | None = None
    stopped: str | None = None
    prints: str = ""
    rest: bytes = b""
    heard_at: float = 0.0
    computed_seconds: float = 0.0


def _ask(
    wanted: list[str], settings: dict[str, Any], on_result: Callable[[Result], None]
) -> list[_Answer]:
    """Start the judging processes, and listen until they are done."""
    groups = _groups(wanted)
    pipes = [os.pipe() for _ in groups]
    answers = [_Answer(group, read) for group, (read, _) in zip(groups, pipes, strict=True)]
    process = _start(settings, groups, [write for _, write in pipes])
    try:
        for _, write in pipes:
            os.close(write)
        _listen(answers, on_result)
    finally:
        _end(process)
        for answer in answers:
            os.close(answer.descriptor)
    return answers


def _groups(wanted: list[str]) -> list[list[str]]:
    """Divide the checks among two processes: there are two cores nearly everywhere."""
    groups = [
        [name for name in wanted if name not in _LONG],
        [name for name in wanted if name in _LONG],
    ]
    return [group for group in groups if group] if hasattr(os, "fork") else [wanted]


def _start(
    settings: dict[str, Any], groups: list[list[str]], descriptors: list[int]
) -> "subprocess.Popen[bytes]":
    asked = {**settings, "groups": groups, "descriptors": descriptors}
    # Hashes of texts, and so the order of sets, are the same each time.
    environment = {**os.environ, "JUDGE": json.dumps(asked), "PYTHONHASHSEED": "0"}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.judge.child"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=descriptors,
        start_new_session=True,
    )


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
                    answer.stopped = "it is inside a call that does not end"
                    selector.unregister(answer.descriptor)


def _read(answer: _Answer, on_result: Callable[[Result], None]) -> bool:
    """Take what a process has said. Returns whether there may be more."""
    data = os.read(answer.descriptor, 65536)
    *lines, answer.rest = (answer.rest + data).split(b"\n")
    for line in lines:
        # Not a line of ours, if it cannot be read: the solution has written to the pipe.
        with suppress(ValueError, KeyError, TypeError):
            _take(answer, json.loads(line), on_result)
    answer.heard_at = time.monotonic()
    answer.computed_seconds = _computed_seconds(answer.pid)
    return bool(data)


def _take(answer: _Answer, event: dict[str, Any], on_result: Callable[[Result], None]) -> None:
    match event.pop("kind"):
        case "hello":
            answer.pid = event["pid"]
        case "result":
            result = Result.from_event(event)
            answer.results[result.id] = result
            on_result(result)
        case "observation":
            answer.observations.append((event["task"], event["text"]))
        case "unusable":
            answer.unusable = event["message"]
        case "stopped":
            answer.stopped = event["message"]
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


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the process, and whatever it has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _report(solution: Path, wanted: list[str], answers: list[_Answer]) -> Report:
    unusable = next((answer.unusable for answer in answers if answer.unusable), None)
    results = {name: result for answer in answers for name, result in answer.results.items()}
    for answer in answers:
        missing = [name for name in answer.wanted if name not in answer.results]
        for name in missing:
            results[name] = _unjudged(name, answer, first=missing[0])
    return Report(
        solution=shown(solution),
        results=[] if unusable else [results[name] for name in wanted],
        observations=[seen for answer in answers for seen in answer.observations],
        prints=next((answer.prints for answer in answers if answer.prints), ""),
        unusable=unusable and unusable.replace(str(solution), shown(solution)),
    )


def _unjudged(name: str, answer: _Answer, *, first: str) -> Result:
    check = all_names()[name]
    words = answer.stopped or "the process ended: os._exit, a crash, or too much memory"
    if name == first:
        return Result(name, check.name, check.rule, "error", f"while this was judged, {words}")
    return Result(name, check.name, check.rule, "not_run", f"not judged after {first}: {words}")
