"""Typical mistakes: each is told as what was wrong, what to write instead, and where."""

import re
from pathlib import Path

import pytest

from interviewer.selftests.hostile import right, written
from interviewer.selftests.judging import judged
from interviewer.selftests.mistakes import MISTAKES, Mistake
from tests.judge.screen import lines

OF_THE_MACHINERY = re.compile(r"Traceback| at 0x|site-packages|/infra/|pydantic|NotAwaited")


def told(folder: Path, mistake: Mistake) -> str:
    """Return what the judge prints, in one line."""
    report = judged(written(folder, mistake.text), only=[mistake.check])
    return " ".join(" ".join(lines(report)).split())


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told(tmp_path: Path, name: str) -> None:
    """The slip is named with the advice, the line is the candidate's, no machinery is shown."""
    mistake = MISTAKES[name]

    text = told(tmp_path, mistake)

    assert mistake.says in text
    assert mistake.line is None or f"solution.py:{mistake.line}" in text
    assert OF_THE_MACHINERY.findall(text) == []


NEVER_RUN = """
    async with transaction():
        JobStep.create(job_id=job.id, step_name="send_email")  # here
    return await right_send_email_step(job)
"""


def test_a_forgotten_await_that_fails_nothing_is_an_observation(tmp_path: Path) -> None:
    """Where every check passes all the same, it is told once, with its line, and fails nothing."""
    text = f"{right()}\nright_send_email_step = send_email_step\nfrom infra import *\n"
    text += f"async def send_email_step(job):{NEVER_RUN}"
    line = text.splitlines().index(NEVER_RUN.splitlines()[2]) + 1

    report = judged(written(tmp_path, text), only=["C"])

    words = "JobStep…create() was not awaited, so it did not run: write `await` before it."
    assert [result.status for result in report.results] == ["passed"] * 7
    assert [seen for _, seen in report.observations if "await" in seen] == [f"Line {line}: {words}"]


def test_a_right_solution_forgets_no_await(tmp_path: Path) -> None:
    """Of a worker who dies, or is held up, nothing of the kind is told."""
    report = judged(written(tmp_path, right()))

    assert [seen for _, seen in report.observations if "await" in seen] == []


def test_a_statement_of_any_length_can_be_told(tmp_path: Path) -> None:
    """A failure whose statement has 50,000 values is told whole, the statement cut."""
    body = """
        sql = "INSERT INTO jobs (campaign_id, customer_email) VALUES "
        sql += ", ".join(["(?, ?)"] * len(customer_emails))
        await execute_sql(sql, [v for e in customer_emails for v in (campaign_id, e)])
        return 0
    """
    text = f"{right()}\nfrom infra import *\n"
    text += f"async def create_campaign_jobs(campaign_id, customer_emails):{body}"

    report = judged(written(tmp_path, text), only=["B2"])

    (result,) = report.results
    assert result.failure
    assert max(len(row.operation) for row in result.failure.story) == 500
