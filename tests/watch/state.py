"""What the watch screen knows. All that is shown is computed from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from tests.judge.names import all_names
from tests.judge.report import NOT_STARTED, Result


class View(Enum):
    """What stands in the middle of the screen."""

    FAILURE = auto()
    STORY = auto()
    ALL = auto()
    HINT = auto()
    RESET = auto()
    SURE = auto()


@dataclass(frozen=True, slots=True)
class State:
    """The state of the screen. `results` are the latest known, those in `fresh` of this run."""

    file: str = "candidate/solution.py"
    run: int = 0
    running: bool = False
    focus: str = ""
    """The task whose function was edited last."""
    results: Mapping[str, Result] = field(default_factory=dict)
    fresh: frozenset[str] = frozenset()
    before: Mapping[str, str] = field(default_factory=dict)
    """What each check came to in the last run that ended, before the one that is shown."""
    last: Mapping[str, str] = field(default_factory=dict)
    """What each check came to in the last run that ended."""
    unusable: str = ""
    prints: str = ""
    seconds: float = 0.0
    clock: str = ""
    view: View = View.FAILURE
    chosen: str = ""
    """The failure that was chosen to be shown; the first one, when it is none."""
    scroll: int = 0
    hints: Mapping[str, int] = field(default_factory=dict)
    hints_are_on: bool = True
    task_to_reset: str = ""
    note: str = ""
    polling: str = ""
    """Why it has to look for saves by itself, when no events tell of them."""

    def status(self, check: str) -> str:
        """Return what a check came to, the last time that anybody knew."""
        if check in self.results:
            return self.results[check].status
        return self.last.get(check, "not_run")

    def statuses(self) -> dict[str, str]:
        """Return what each check came to that was judged in the run that is shown."""
        return {check: self.results[check].status for check in all_names() if check in self.fresh}

    def failures(self) -> list[Result]:
        """Return the checks that fail, those of the task that was edited last first."""
        bad = [r for r in self.results.values() if r.status in ("failed", "error")]
        order = list(all_names())
        return sorted(bad, key=lambda r: (r.id[0] != self.focus, order.index(r.id)))

    def shown_failure(self) -> Result | None:
        """Return the failure in the middle of the screen."""
        failures = self.failures()
        chosen = [result for result in failures if result.id == self.chosen]
        return next(iter(chosen or failures), None)

    def checks_of(self, task: str) -> list[str]:
        """Return the ids of a task's checks."""
        return [check for check in all_names() if check[0] == task]

    def is_started(self, task: str) -> bool:
        """Return whether any check of the task was judged, as far as is known."""
        return any(
            self.status(check) != "not_run"
            or (check in self.results and not self.results[check].message.startswith(NOT_STARTED))
            for check in self.checks_of(task)
        )

    def green_of(self, tasks: frozenset[str]) -> frozenset[str]:
        """Return those of the tasks whose checks all pass; none, when anything was printed.

        What is printed is that of one run, and shows nothing of a task that is not judged.
        """
        if self.prints.strip():
            return frozenset()
        return frozenset(
            task
            for task in tasks
            if all(
                check in self.results and self.results[check].status == "passed"
                for check in self.checks_of(task)
            )
        )

    def count(self, *statuses: str) -> int:
        """Return how many checks came to one of these."""
        return sum(self.status(check) in statuses for check in all_names())
