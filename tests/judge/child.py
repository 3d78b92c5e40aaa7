"""The process in which a solution is judged. What it finds out goes to the parent, line by line.

Somebody else's code runs here: it may end the process, fill its memory or print for ever. So
nothing here is believed that is not complete, and the parent needs nothing from here to go on.
"""

import sys

# time_machine would import it, for a fixture that nobody needs here: a tenth of a second.
sys.modules["pytest"] = None  # type: ignore[assignment]

import contextlib
import gc
import io
import json
import logging
import os
import traceback
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from infra.errors import SolutionError
from tests.judge.checks import Check, all_checks
from tests.judge.failure import CheckFailed, Failure
from tests.judge.integrity import Integrity
from tests.judge.judge import Judge
from tests.judge.report import Result
from tests.judge.subject import FUNCTIONS, Subject
from tests.judge.theatre import Theatre
from tests.judge.watchdog import Stuck, Watchdog, exit_now

del sys.modules["pytest"]

PRINTS_MAX = 500
"""So many characters of what a solution prints are kept."""

_MEMORY_MAX = 4 * 1024**3
_FILE_MAX = 64 * 1024**2


class Channel:
    """The pipe to the parent, a JSON document a line."""

    def __init__(self, descriptor: int):
        self._descriptor = descriptor

    def send(self, kind: str, **event: Any) -> None:
        """Send one event, whole."""
        line = json.dumps({"kind": kind, **event}).encode() + b"\n"
        while line:
            line = line[os.write(self._descriptor, line) :]


class Prints(io.TextIOBase):
    """Keeps the beginning of what is printed, and lets the rest go."""

    def __init__(self) -> None:
        self.text = ""

    def writable(self) -> bool:
        """Anything can be written."""
        return True

    def write(self, text: str, /) -> int:
        """Keep what there is room for."""
        if len(self.text) < PRINTS_MAX:
            self.text += text[: PRINTS_MAX - len(self.text)]
        return len(text)


def judge(
    path: Path,
    only: Sequence[str],
    channel: Channel,
    *,
    replay: str | None,
    seed: int,
    budget: float,
) -> None:
    """Judge the checks in `only`, all of one solution, and send what they come to."""
    prints = Prints()
    channel.send("hello", pid=os.getpid())
    with contextlib.redirect_stdout(prints), contextlib.redirect_stderr(prints):
        logging.disable()
        warnings.simplefilter("ignore")
        checks = all_checks()
        _limit_resources()
        gc.collect()
        gc.freeze()
        gc.disable()
        with Theatre(seed) as theatre:
            _Session(path, checks, channel, theatre, prints, replay, budget).judge(only)
    channel.send("end", prints=prints.text)


class _Session:
    def __init__(
        self,
        path: Path,
        checks: Sequence[Check],
        channel: Channel,
        theatre: Theatre,
        prints: Prints,
        replay: str | None,
        budget: float,
    ):
        self._checks = {check.id: check for check in checks}
        self._channel = channel
        self._theatre = theatre
        self._prints = prints
        self._replay = replay
        self._budget = budget
        self._integrity = Integrity()
        self._stuck: dict[str, str] = {}
        self._claims_are_right: bool | None = None
        self._watchdog = Watchdog(
            lambda: theatre.progress,
            str(path),
            on_tick=lambda: channel.send("tick"),
            give_up=self._give_up,
        )
        self._current: Check | None = None
        self._path = path

    def judge(self, only: Sequence[str]) -> None:
        """Judge these checks, in the order of the contract."""
        with self._watchdog.watching():
            try:
                self._subject = Subject(self._path)
                self._subject.check_functions()
            except SolutionError as error:
                self._channel.send("unusable", message=str(error))
                return
            except Stuck as stuck:
                self._channel.send("unusable", message=f"{self._path}: the file {stuck}")
                return
            for check in self._checks.values():
                if check.id in only:
                    self._send(self._result(check))

    def _send(self, result: Result) -> None:
        self._channel.send("result", **result.to_event())

    def _result(self, check: Check) -> Result:
        self._current = check
        reason = self._why_not(check)
        if reason:
            return _result_of(check, "not_run" if reason.startswith("not") else "error", reason)
        judge = self._new_judge()
        try:
            failure = self._failure(check, judge)
        except Stuck as stuck:
            function = FUNCTIONS[check.task]
            self._stuck[check.task] = f"not judged: {function} did not come back in {check.id}"
            failure = self._of_stuck(stuck)
        except Exception as error:
            return _result_of(check, "error", _ours(error))
        broken = self._integrity.broken()
        gc.collect()
        if broken:
            return _result_of(check, "error", broken)
        if failure:
            return _result_of(check, "failed", "", failure, judge)
        return _result_of(check, "passed", "", None, judge)

    def _why_not(self, check: Check) -> str | None:
        """Return why a check cannot be judged; it begins with "not" when that is no error."""
        subject = self._subject
        if check.task in subject.missing:
            return subject.missing[check.task]
        if not subject.is_written(check.task):
            return "not started"
        if check.task == "D" and "C" in subject.missing:
            return f"process_job needs it: {subject.missing['C']}"
        if check.task == "D" and not subject.is_written("C"):
            return "not started: process_job needs send_email_step"
        return self._stuck.get(check.task)

    def _failure(self, check: Check, judge: Judge) -> Failure | None:
        failure = _judged(check.judge, judge)
        if failure and check.task == "D" and self._replay is None and self._own_claims_are_right():
            # A solution whose own claim stamps more than the kit's may rely on that.
            own = self._new_judge(own_claims=True)
            if _judged(check.judge, own) is None:
                judge.coverage, judge.runs = own.coverage, judge.runs + own.runs
                return None
        return failure

    def _own_claims_are_right(self) -> bool:
        """Return whether the solution's own claim passes task A."""
        if self._claims_are_right is None:
            self._claims_are_right = self._subject.is_written("A") and not any(
                _judged(check.judge, self._new_judge())
                for check in self._checks.values()
                if check.task == "A" and "A" not in self._subject.missing
            )
        return self._claims_are_right

    def _new_judge(self, *, own_claims: bool = False) -> Judge:
        return Judge(
            self._theatre,
            self._subject,
            replay=self._replay,
            own_claims=own_claims,
            budget=self._budget,
        )

    def _of_stuck(self, stuck: Stuck) -> Failure:
        words, _, line = str(stuck).partition(", at line ")
        number = int(line) if line else None
        lines = self._subject.file.lines
        return Failure(
            expected="the function returns, and gives way to others while it waits",
            got=f"it {words}",
            why="",
            story=(),
            where=self._new_judge().shown(number),
            source=lines[number - 1].strip() if number else "",
            replay="",
        )

    def _give_up(self, message: str) -> None:
        """End the process: the solution goes on in spite of everything."""
        if self._current:
            self._send(_result_of(self._current, "failed", "", self._of_stuck(Stuck(message))))
        self._channel.send("stopped", message=f"it {message}, and catches what should stop it")
        exit_now(1)


def _judged(check: Callable[[Judge], None], judge: Judge) -> Failure | None:
    try:
        check(judge)
    except CheckFailed as failed:
        return failed.failure
    return None


def _result_of(
    check: Check,
    status: Any,
    message: str,
    failure: Failure | None = None,
    judge: Judge | None = None,
) -> Result:
    return Result(
        check.id,
        check.name,
        check.rule,
        status,
        message,
        failure,
        judge.runs if judge else 0,
        "; ".join(judge.coverage) if judge else "",
    )


def _ours(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    return f"the check could not be judged: {type(error).__name__} at {place}: {error}"


def _limit_resources() -> None:
    """Bound memory and files, where that can be done, so that the machine takes no harm."""
    os.register_at_fork(after_in_child=lambda: exit_now(0))
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not there on Windows

        for what, most in (
            (resource.RLIMIT_AS, _MEMORY_MAX),
            (resource.RLIMIT_FSIZE, _FILE_MAX),
            (resource.RLIMIT_CORE, 0),
        ):
            _, hard = resource.getrlimit(what)
            resource.setrlimit(what, (most if hard < 0 else min(most, hard), hard))


def main() -> None:
    """Judge what the parent asks for: a JSON document in the environment, a pipe to answer."""
    asked = json.loads(os.environ.pop("JUDGE"))
    descriptors: list[int] = asked["descriptors"]
    groups: list[list[str]] = asked["groups"]
    all_checks()  # imports all that both processes need
    number = 0
    if len(groups) > 1 and os.fork() == 0:
        number = 1
    for other, descriptor in enumerate(descriptors):
        if other == number:
            os.set_inheritable(descriptor, False)  # noqa: FBT003 - it takes no keyword
        else:
            os.close(descriptor)
    judge(
        Path(asked["solution"]),
        groups[number],
        Channel(descriptors[number]),
        replay=asked["replay"],
        seed=asked["seed"],
        budget=asked["budget"],
    )
    exit_now(0)


if __name__ == "__main__":
    sys.setrecursionlimit(1000)
    main()
