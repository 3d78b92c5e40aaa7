"""The process in which a solution is judged. What it finds out goes to the parent, line by line.

Somebody else's code runs here: it may end the process, fill its memory or print for ever. So
nothing here is believed that is not complete, and the parent needs nothing from here to go on.
"""

import sys

# time_machine would import it, for a fixture that nobody needs here: a tenth of a second.
sys.modules["pytest"] = None  # type: ignore[assignment]

import contextlib
import faulthandler
import gc
import io
import json
import logging
import os
import signal
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from infra.errors import SolutionError
from infra.mistakes import line_of, told
from infra.simulation.tokens import TokenError
from tests.judge.checks import Check, all_checks
from tests.judge.failure import CheckFailed, Failure
from tests.judge.guard import Guard
from tests.judge.integrity import Integrity
from tests.judge.judge import Judge
from tests.judge.names import PRINTS_MAX, shown
from tests.judge.report import Result
from tests.judge.settings import Settings
from tests.judge.subject import FUNCTIONS, Subject
from tests.judge.theatre import Theatre
from tests.judge.watchdog import Stuck, Watchdog, exit_now

del sys.modules["pytest"]

_MEMORY_MAX = 1024**3
_FILE_MAX = 64 * 1024**2
_COMPUTED_SECONDS_MAX = 3600
"""Ends a process inside a call that does not end, when its parent was killed meanwhile."""


class Channel:
    """The pipe to the parent, a JSON document a line, each with the word that makes it ours."""

    def __init__(self, descriptor: int, password: str):
        self.descriptor = descriptor
        self._password = password
        self._encode, self._write = json.dumps, os.write
        self._is_sending = False

    def tick(self) -> None:
        """Say that the process is alive, unless a long event is half sent: that says so too."""
        if not self._is_sending:
            self.send("tick")

    def send(self, kind: str, **event: Any) -> None:
        """Send one event, whole. Ends the process when there is no parent any more."""
        text = self._encode({"kind": kind, **event})
        # It begins a line of its own, whatever else was written to the pipe.
        line = f"\n{self._password} {text}\n".encode()
        self._is_sending = True
        try:
            while line:
                line = line[self._write(self.descriptor, line) :]
        except OSError:
            exit_now(1)
        self._is_sending = False


class Prints(io.TextIOBase):
    """Keeps the beginning of what is printed, and lets the rest go."""

    def __init__(self) -> None:
        self.text = ""

    def take(self) -> str:
        """Return what was printed since the last time."""
        text, self.text = self.text, ""
        return text

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
    queue: int,
    channel: Channel,
    *,
    descriptors: Sequence[int],
    settings: Settings,
) -> None:
    """Judge the checks that can be read from `queue`, and send what they come to."""
    prints = Prints()
    guard = Guard(str(path), descriptors=descriptors)
    channel.send("hello", pid=os.getpid())
    with contextlib.redirect_stdout(prints), contextlib.redirect_stderr(prints):
        logging.disable()
        warnings.simplefilter("ignore")
        checks = all_checks()
        _limit_resources()
        with Theatre(settings.seed) as theatre:
            guard.install()
            session = _Session(path, checks, channel, prints, theatre, guard, settings)
            session.judge(queue)
    channel.send("end")


class _Session:
    def __init__(
        self,
        path: Path,
        checks: Sequence[Check],
        channel: Channel,
        prints: Prints,
        theatre: Theatre,
        guard: Guard,
        settings: Settings,
    ):
        self._checks = {check.id: check for check in checks}
        self._channel = channel
        self._prints = prints
        self._theatre = theatre
        self._guard = guard
        self._settings = settings
        self._integrity = Integrity()
        self._stuck: dict[str, str] = {}
        self._watchdog = Watchdog(
            lambda: theatre.progress,
            str(path),
            on_tick=channel.tick,
            on_stop=self._stop,
            give_up=self._give_up,
        )
        self._current: Check | None = None
        self._stop_of_check: Stuck | None = None
        self._path = path
        self._observations: list[str] = []
        self._spares = ""
        """Why no more checks of the task are judged after this one; or nothing."""

    def judge(self, queue: int) -> None:
        """Judge one check after another, as long as there is one to be had."""
        read = os.read
        with self._watchdog.watching():
            if words := self._why_unusable():
                self._channel.send("unusable", message=words)
                return
            self._channel.send("loaded", prints=self._prints.take())
            while name := read(queue, 2).decode():
                self._channel.send("begun", check=name)
                self._send(self._result(self._checks[name]))

    def _why_unusable(self) -> str | None:
        """Load the solution. Returns what prevents it, in a line."""
        words = None
        try:
            self._subject = Subject(self._path)
            self._subject.check_functions()
        except SolutionError as error:
            words = str(error)
        except BaseException as error:
            line = line_of(error, self._path) or 1
            words = f"{self._path}:{line}: {told(error, self._path)}"
        if self._stop_of_check:
            return f"{self._path}: while it is loaded, it {self._stop_of_check}"
        return self._guard.refused or self._integrity.broken() or words

    def _send(self, result: Result) -> None:
        event = result.to_event()
        notes = {"observations": self._observations, "spares": self._spares}
        self._channel.send("result", **event, **notes, prints=self._prints.take())

    def _result(self, check: Check) -> Result:
        self._current, self._stop_of_check = check, None
        self._observations, self._spares = [], ""
        reason = self._why_not(check)
        if reason:
            return _result_of(check, "not_run" if reason.startswith("not") else "error", reason)
        judge, failure, mistake = self._new_judge(), None, None
        try:
            check.judge(judge)
        except CheckFailed as failed:
            failure = failed.failure
        except BaseException as error:
            mistake = error
        # First, as what was replaced may be what all else needs.
        broken = self._integrity.broken()
        gc.collect()
        refused, self._guard.refused = self._guard.refused, None
        if refused or broken:
            return _result_of(check, "error", refused or broken or "")
        slips = [] if failure else [slip.sentence for slip in judge.slips.values()]
        self._observations = [*judge.observations, *slips]
        return self._come_to(check, judge, failure, _ours(mistake) if mistake else "")

    def _come_to(self, check: Check, judge: Judge, failure: Failure | None, mistake: str) -> Result:
        """Return what a check came to. `mistake` is what kept it from being judged."""
        if self._stop_of_check:
            self._spare(check, "did not come back")
            failure, mistake = self._of_stuck(self._stop_of_check), ""
        if not mistake and not failure and not judge.runs:
            mistake = "the check could not be judged: nothing was run"
        if mistake:
            return _result_of(check, "error", mistake)
        if failure:
            if "MemoryError" in failure.got:
                self._spare(check, "ran out of memory")
            return _result_of(check, "failed", "", failure, judge)
        return _result_of(check, "passed", "", None, judge)

    def _why_not(self, check: Check) -> str | None:
        """Return why a check cannot be judged; it begins with "not" when that is no error."""
        subject = self._subject
        if check.task in subject.missing:
            return subject.missing[check.task].replace(str(self._path), shown(self._path))
        if not subject.is_written(check.task):
            return "not started"
        if check.task == "D" and "C" in subject.missing:
            why = subject.missing["C"].replace(str(self._path), shown(self._path))
            return f"process_job needs it: {why}"
        if check.task == "D" and not subject.is_written("C"):
            return "not started: process_job needs send_email_step"
        return self._stuck.get(check.task)

    def _new_judge(self) -> Judge:
        return Judge(self._theatre, self._subject, self._settings)

    def _stop(self, stuck: Stuck) -> None:
        """Keep in mind that the solution is stopped, whether or not it lets itself be."""
        self._stop_of_check = stuck
        self._theatre.stop(stuck)

    def _spare(self, check: Check, what: str) -> None:
        """Judge no more of the task: it would take as long, and come to the same."""
        function = FUNCTIONS[check.task]
        self._spares = f": {function} {what} in {check.id}"
        self._stuck[check.task] = f"not judged{self._spares}"

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
        check = self._current
        if check is None:
            words = f"{self._path}: while it is loaded, it {message}, and catches what stops it"
            self._channel.send("unusable", message=words)
            exit_now(1)
        self._send(_result_of(check, "failed", "", self._of_stuck(Stuck(message))))
        self._channel.send("stopped", message=f"it {message}, and catches what should stop it")
        exit_now(1)


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


def _ours(error: BaseException) -> str:
    if isinstance(error, TokenError):
        return str(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    return f"the check could not be judged, at {place}: {told(error, Path(last.filename))}"


def _limit_resources() -> None:
    """Bound memory and files, where that can be done, so that the machine takes no harm."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not there on Windows

        for what, most in (
            (resource.RLIMIT_AS, _MEMORY_MAX),
            (resource.RLIMIT_FSIZE, _FILE_MAX),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NPROC, 0),  # does not bind root: the guard does
            (resource.RLIMIT_CPU, _COMPUTED_SECONDS_MAX),
        ):
            _, hard = resource.getrlimit(what)
            resource.setrlimit(what, (most if hard < 0 else min(most, hard), hard))


def main(asked: dict[str, Any]) -> NoReturn:
    """Judge what the parent asks for, and answer by the pipes that it names."""
    queue, *others = asked["descriptors"]
    processes: int = asked["processes"]
    answers, wheres = others[:processes], others[processes:]
    all_checks()  # imports all that both processes need
    gc.freeze()  # all that is there stays
    gc.disable()
    os.chdir(asked["folder"])
    number = 0
    if processes > 1 and os.fork() == 0:
        number = 1
    for other, descriptor in enumerate(answers):
        if other == number:
            os.set_inheritable(descriptor, False)  # noqa: FBT003 - it takes no keyword
        else:
            os.close(descriptor)
    faulthandler.register(signal.SIGUSR1, wheres[number], all_threads=False)
    judge(
        Path(asked["solution"]),
        queue,
        Channel(answers[number], asked["password"]),
        descriptors=(queue, answers[number], wheres[number]),
        settings=Settings(**asked["settings"]),
    )
    exit_now(0)


if __name__ == "__main__":
    sys.setrecursionlimit(1000)
    main(json.loads(sys.stdin.read()))
