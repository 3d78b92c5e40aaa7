"""The watch screen as a candidate has it: from a save on disk to what is to be read in a terminal.

The screen is read every 0.03 s, so each time is up to that much too long.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from interviewer.terminal import SOLUTIONS, Terminal, copy_kit, save
from tests.judge.subject import FUNCTIONS
from tests.watch.reset import STARTER, with_starter

VERDICT_SECONDS_MAX = 0.5
SCREEN_SECONDS_MAX = 1.5

_LOOK_SECONDS = 0.03  # more often, and reading would take time from judging
_WAIT_SECONDS = 60.0
_STARTED, _ENDED = "judging", "judged in"
_DIM = re.compile(r"\x1b\[(?:\d+;)*2(?:;\d+)*m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A file in which one task's function is edited."""

    name: str
    text: str
    task: str

    def saved(self, number: int) -> str:
        """Return the text with a line of that number in the function, which changes it."""
        # More than a comment, and the starter's would be no starter's any more.
        line = f"# {number}" if _is_starter(self.text, self.task) else f"_ = {number}"
        head = rf"^async def {FUNCTIONS[self.task]}\(.*:\n"
        changed, count = re.subn(head, rf"\g<0>    {line}\n", self.text, flags=re.MULTILINE)
        assert count == 1, f"{self.name}: {FUNCTIONS[self.task]} is not there once"
        return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Seconds from each of some saves to the verdict on the edited task, and to that on all.

    There is no verdict on a task that is not started.
    """

    name: str
    verdicts: list[float]
    screens: list[float]

    @property
    def verdict_seconds(self) -> float | None:
        """The median for the edited task, or `None` without a verdict."""
        return median(self.verdicts) if self.verdicts else None

    @property
    def screen_seconds(self) -> float:
        """The median for the whole screen."""
        return median(self.screens)


def pooled(latencies: list[Latency]) -> Latency:
    """Return those of all these saves together, as a candidate has them in turn."""
    return Latency(
        name="any of these saves",
        verdicts=[seconds for latency in latencies for seconds in latency.verdicts],
        screens=[seconds for latency in latencies for seconds in latency.screens],
    )


def edits() -> list[Edit]:
    """Return what is measured: the starter, a half of a right solution, and all of it."""
    right = (SOLUTIONS / "reference.py").read_text(encoding="utf-8")
    half = with_starter(with_starter(right, "C"), "D")
    starter = STARTER.read_text(encoding="utf-8")
    return [
        Edit(name="the starter, A edited", text=starter, task="A"),
        Edit(name="A and B are right, A edited", text=half, task="A"),
        Edit(name="A and B are right, B edited", text=half, task="B"),
        *(Edit(name=f"all is right, {task} edited", text=right, task=task) for task in FUNCTIONS),
    ]


def measure_watch(rounds: int, measured: list[Edit]) -> Iterator[Latency]:
    """Save each of the files so often, in turn, in a terminal of 80 × 24."""
    with _watching() as (terminal, kit):
        for edit in measured:
            _time_save(terminal, kit, edit, 0)  # another file than before: nothing to compare with
            times = [_time_save(terminal, kit, edit, number) for number in range(1, rounds + 1)]
            yield Latency(
                name=edit.name,
                verdicts=[verdict for verdict, _ in times if verdict is not None],
                screens=[screen for _, screen in times],
            )


@contextmanager
def _watching() -> Iterator[tuple[Terminal, Path]]:
    with TemporaryDirectory(prefix="bench-watch-") as folder:
        kit = copy_kit(Path(folder) / "kit")
        terminal = Terminal(kit)
        try:
            terminal.run("make dev SESSION=0")
            terminal.until(_ENDED)
            yield terminal, kit
        finally:
            terminal.close()


def _time_save(
    terminal: Terminal, kit: Path, edit: Edit, number: int
) -> tuple[float | None, float]:
    """Save once; return the seconds to the task's verdict, and to the whole screen."""
    text = edit.saved(number)
    began = time.perf_counter()
    save(kit, text)
    _until(terminal, lambda shown: _STARTED in shown)
    verdict = None
    if not _is_starter(text, edit.task):
        _until(terminal, lambda shown: _is_fresh(shown, edit.task))
        verdict = time.perf_counter() - began
    _until(terminal, lambda shown: _ENDED in shown and _STARTED not in shown)
    return verdict, time.perf_counter() - began


def _is_starter(text: str, task: str) -> bool:
    function = text.partition(f"async def {FUNCTIONS[task]}(")[2].partition("\nasync def ")[0]
    return "raise NotImplementedError" in function


def _is_fresh(shown: str, task: str) -> bool:
    """Return whether all dots of a task are of this run: those of an earlier one are dim."""
    rows = [row for row in shown.splitlines() if FUNCTIONS[task] in row and " pass" in row]
    return bool(rows) and not _DIM.search(rows[0])


def _until(terminal: Terminal, condition: Callable[[str], bool]) -> None:
    end = time.perf_counter() + _WAIT_SECONDS
    while not condition(shown := terminal.text(styled=True)):
        if time.perf_counter() > end:
            raise TimeoutError(f"the screen does not come to that:\n{shown}")
        time.sleep(_LOOK_SECONDS)
