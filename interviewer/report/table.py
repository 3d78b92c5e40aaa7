"""The reports of many submissions as one table, a line each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from interviewer.grading.grading import Grading
from interviewer.report.guarantees import Task, tasks_of
from scenarios.html import render
from tests.judge.report import TASKS

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class _Line:
    """A submission in a line. `first` is the first thing that is wrong with it."""

    grading: Grading
    tasks: Mapping[str, Task]
    holding: int
    total: int
    first: str


def table(gradings: Sequence[Grading], *, pages: str | None = None) -> str:
    """Return a page with a line for each graded submission, in the order given.

    `pages` is the folder beside it where each one's own page is, by its name.
    """
    lines = [_line(grading) for grading in gradings]
    return render(TEMPLATES / "table.html", lines=lines, names=TASKS, pages=pages)


def _line(grading: Grading) -> _Line:
    tasks = tasks_of(grading.verdict or {"tasks": {}})
    guarantees = [guarantee for task in tasks for guarantee in task.guarantees]
    broken = (f"{each.check}: {each.evidence}" for each in guarantees if each.outcome == "failed")
    return _Line(
        grading=grading,
        tasks={task.letter: task for task in tasks},
        holding=sum(each.outcome == "passed" for each in guarantees),
        total=len(guarantees),
        first=grading.problem or next(broken, ""),
    )
