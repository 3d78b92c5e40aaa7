"""The judge passes every right solution, and fails every wrong one by the check that it names."""

import re
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from interviewer.selftests.judging import judged
from interviewer.solutions import reference
from tests.judge.checks import Check, all_checks
from tests.judge.failure import CheckFailed
from tests.judge.judge import Judge
from tests.judge.report import Report
from tests.judge.subject import Subject
from tests.judge.theatre import Theatre

CHECKS = all_checks()

# A forgotten await is a mistake, which Python warns of.
pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")

SOLUTIONS = Path(__file__).resolve().parents[1] / "solutions"
TASKS = {
    "claim_next_job": "A",
    "create_campaign_jobs": "B",
    "send_email_step": "C",
    "process_job": "D",
}
RIGHT = [SOLUTIONS / "reference.py", *sorted((SOLUTIONS / "right").glob("[!_]*.py"))]
WRONG = sorted((SOLUTIONS / "wrong").glob("[!_]*.py"))


@dataclass(frozen=True)
class Mistake:
    """What a wrong solution says of itself."""

    check: str
    tasks: frozenset[str]


def mistake_in(path: Path) -> Mistake:
    """Read the function with the mistake, and the check that must fail, from the docstring."""
    text = path.read_text(encoding="utf-8")
    function = re.search(r"^Mistake in: (\w+)$", text, re.MULTILINE)
    check = re.search(r"^Must fail: ([A-D]\d)$", text, re.MULTILINE)
    assert function
    assert check
    tasks = {TASKS[function[1]]}
    if "C" in tasks and "async def process_job" in text:
        tasks.add("D")  # it sends by the mistaken function
    return Mistake(check[1], frozenset(tasks))


def failures(report: Report) -> list[str]:
    return [f"{result.id}: {result.failure or result.message}" for result in report.failures()]


def failing(path: Path, checks: list[Check]) -> list[str]:
    """Judge some checks in this process; return those that fail."""
    failed = []
    with Theatre() as theatre, redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        subject = Subject(path)
        for check in checks:
            try:
                check.judge(Judge(theatre, subject))
            except CheckFailed:
                failed.append(check.id)
    return failed


def own_tasks(path: Path) -> list[str]:
    """Return the tasks whose functions are not the reference's, which is judged by itself."""
    module = Subject(path).copy("worker-1")
    return [
        task
        for function, task in TASKS.items()
        if getattr(module, function) is not getattr(reference, function)
    ]


def test_there_are_enough_of_both() -> None:
    """At least twelve right solutions and sixty wrong ones, the latter for every check."""
    checks = {mistake_in(path).check for path in WRONG}

    assert len(RIGHT) >= 12
    assert len(WRONG) >= 60
    assert checks == {check.id for check in CHECKS}


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.stem)
def test_a_right_solution_passes_everything(path: Path) -> None:
    """No check of its own functions fails, and every one was judged."""
    report = judged(path, only=own_tasks(path) or [*TASKS.values()])

    assert failures(report) == []
    assert {result.status for result in report.results} == {"passed"}


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_wrong_solution_fails(path: Path) -> None:
    """The named check fails."""
    mistake = mistake_in(path)

    failed = failing(path, [check for check in CHECKS if check.id == mistake.check])

    assert failed == [mistake.check]


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_mistake_fails_no_task_that_it_does_not_touch(path: Path) -> None:
    """Functions without the mistake pass."""
    own = {*own_tasks(path)} - mistake_in(path).tasks

    assert failing(path, [check for check in CHECKS if check.task in own]) == []
