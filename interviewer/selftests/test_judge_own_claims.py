"""The second look at what fails with jobs that the kit has claimed: by the solution's own claim."""

from pathlib import Path

from interviewer.selftests.judging import judged

RIGHT = Path(__file__).resolve().parents[1] / "solutions" / "right" / "claim_opens_the_step.py"

CLAIMS_FOR_NOBODY = """
from interviewer.solutions.right import claim_opens_the_step as right
from interviewer.solutions.right.claim_opens_the_step import *
from infra import Job

async def claim_next_job():
    job = await right.claim_next_job()
    if job:
        await Job.filter(id=job.id).update(worker_id="nobody")
        job.worker_id = "nobody"
    return job
"""
FORGETS_TO_SEND = """
from interviewer.solutions.right.claim_opens_the_step import *

async def send_email_step(job):
    return True
"""


def test_a_step_may_rely_on_what_the_solutions_own_claim_has_written() -> None:
    """C and D pass although jobs that the kit has claimed lack it; A is not asked for here."""
    report = judged(RIGHT, only=["C1", "D5"])

    assert [(result.id, result.status) for result in report.results] == [
        ("C1", "passed"),
        ("D5", "passed"),
    ]
    assert all(result.failure is None for result in report.results)


def test_a_wrong_claim_excuses_nothing(tmp_path: Path) -> None:
    """Whose claim fails its own task is judged by the kit's."""
    solution = tmp_path / "solution.py"
    solution.write_text(CLAIMS_FOR_NOBODY, encoding="utf-8")

    report = judged(solution, only=["A1", "C1"])

    assert [result.status for result in report.results] == ["failed", "failed"]


def test_a_mistake_of_another_kind_stays_one(tmp_path: Path) -> None:
    """What fails with either claim is told as it was found with the kit's."""
    solution = tmp_path / "solution.py"
    solution.write_text(FORGETS_TO_SEND, encoding="utf-8")

    (result,) = judged(solution, only=["C1"]).results

    assert result.failure
    assert result.failure.got == "no mail"
