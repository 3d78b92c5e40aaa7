"""The judge passes every right solution, and fails every wrong one by the check that it names."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.judge.report import Report
from tests.judge.supervisor import judged

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


def test_there_are_enough_of_both() -> None:
    """At least twelve right solutions and sixty wrong ones, the latter for every check."""
    checks = {mistake_in(path).check for path in WRONG}

    assert len(RIGHT) >= 12
    assert len(WRONG) >= 60
    assert len(checks) == 25


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.stem)
def test_a_right_solution_passes_everything(path: Path) -> None:
    """No check fails, and every check was judged."""
    report = judged(path)

    assert failures(report) == []
    assert {result.status for result in report.results} == {"passed"}


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_wrong_solution_fails(path: Path) -> None:
    """The named check fails, and no task that the mistake does not touch."""
    mistake = mistake_in(path)

    report = judged(path)

    assert mistake.check in {result.id for result in report.results if result.status == "failed"}
    untouched = set(TASKS.values()) - mistake.tasks
    assert {task: report.status_of(task) for task in sorted(untouched)} == dict.fromkeys(
        sorted(untouched), "passed"
    )
