"""The second look at what fails with jobs that the kit has claimed: by the solution's own claim."""

from pathlib import Path

from interviewer.selftests.judging import judged
from tests.judge import supervisor

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
DOES_NOT_FIT = """
from infra import Job, current_worker_id, execute_sql
from interviewer.solutions.reference import create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as process_step

async def claim_next_job():
    claimed = await execute_sql(
        "UPDATE jobs SET status = 'processing', worker_id = ?, started_at = datetime('now') "
        "WHERE id = (SELECT id FROM jobs WHERE status = 'pending' AND "
        "(scheduled_for IS NULL OR scheduled_for <= datetime('now')) LIMIT 1) RETURNING *",
        [current_worker_id()], Job)
    return claimed[0] if claimed else None

async def process_job(job):
    # As text the one has microseconds, and the other has not.
    if await Job.filter(id=job.id, started_at=job.started_at).exists():
        await process_step(job)
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


def test_functions_that_are_right_one_by_one_have_to_fit_together(tmp_path: Path) -> None:
    """Where process_job does nothing for what claim_next_job gives it, D1 fails, and says why."""
    solution = tmp_path / "solution.py"
    solution.write_text(DOES_NOT_FIT, encoding="utf-8")

    report = judged(solution)
    (replayed,) = judged(solution, only=["D1"], replay="own:").results

    (failed,) = report.failures()
    assert failed.id == "D1"
    assert failed.failure
    assert failed.failure.why.endswith("the two do not fit together.")
    assert failed.failure.replay == "own:"
    assert replayed.failure
    assert replayed.failure.got == failed.failure.got


def test_whether_they_fit_is_judged_when_the_others_are_known_to_pass(tmp_path: Path) -> None:
    """Of a task alone nothing is said, unless those that it has to fit to are known to be right."""
    solution = tmp_path / "solution.py"
    solution.write_text(DOES_NOT_FIT, encoding="utf-8")

    reports = [
        supervisor.judged(solution, only=[only], passing=passing)
        for only, passing in (("D", ()), ("D", "ABC"), ("A", "BCD"), ("B", "ACD"))
    ]

    assert [[failed.id for failed in report.failures()] for report in reports] == [
        [],
        ["D1"],
        ["D1"],
        [],
    ]
