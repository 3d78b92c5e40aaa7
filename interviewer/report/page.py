"""The report of one submission: two minutes to read, then to keep, on paper or as a file."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from interviewer.grading.grading import Grading
from interviewer.report.code import line_in, lines_of
from interviewer.report.guarantees import tasks_of
from interviewer.report.progress import progress_of
from interviewer.report.questions import questions_of
from interviewer.report.rubric import MARKS, PARTS
from interviewer.report.stories import failures_of
from scenarios.html import render

TEMPLATES = Path(__file__).parent / "templates"

SOURCE_MAX = 100_000
"""Characters of code that are shown. No four functions are as long."""

FILES_MAX = 30

_NOTHING: Mapping[str, Any] = {"tasks": {}, "observations": [], "solution": "", "kit": ""}


def page(grading: Grading) -> str:
    """Return the report of a graded submission, as one page of HTML."""
    verdict = grading.verdict or _NOTHING
    tasks = tasks_of(verdict)
    source = (grading.solution or "")[:SOURCE_MAX]
    failures, untold = failures_of(
        tasks, solution=verdict["solution"], source=source, seed=grading.seed
    )
    guarantees = [guarantee for task in tasks for guarantee in task.guarantees]
    lines = (line_in(each.facts["where"], verdict["solution"]) for each in guarantees)
    return render(
        TEMPLATES / "report.html",
        grading=grading,
        problem=grading.problem or verdict.get("error"),
        kit=verdict["kit"],
        tasks=tasks,
        holding=sum(each.outcome == "passed" for each in guarantees),
        total=len(guarantees),
        failures=failures,
        untold=untold,
        questions=[*questions_of(verdict["observations"])],
        progress=progress_of(grading.session),
        foreign=[*_foreign(grading)],
        parts=PARTS,
        marks=MARKS,
        cut=SOURCE_MAX if len(grading.solution or "") > SOURCE_MAX else 0,
        code=lines_of(source, {line for line in lines if line}),
    )


def _foreign(grading: Grading) -> Iterator[tuple[str, Sequence[str]]]:
    """Return the files that came back otherwise than they were handed out."""
    kinds = {"Changed": grading.changed, "Missing": grading.missing, "Added": grading.added}
    for kind, files in kinds.items():
        if len(files) > FILES_MAX:
            yield kind, (*files[:FILES_MAX], f"and {len(files) - FILES_MAX:,} more")
        elif files:
            yield kind, files
