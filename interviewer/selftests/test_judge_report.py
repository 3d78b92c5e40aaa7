"""The report: what results come to, as a status, as JSON, and from process to process."""

import json

import click
import pytest

from tests.judge.failure import Failure, Row
from tests.judge.report import CheckStatus, Report, Result
from tests.judge.screen import lines

FAILURE = Failure(
    expected="one mail",
    got="two mails",
    why="The key differs. Without that error, the same run passes.",
    story=[Row(1.2, "worker-1", "send_email('a@example.com', 'k')", "TimeoutError", marked=True)],
    where="candidate/solution.py:41",
    source="await send_email(…)",
    replay="w1*1.w1a",
)
FAILED = Result("C4", "a timeout", "The customer gets one mail.", "failed", "", FAILURE, 3, "all")


def result(status: CheckStatus, check: str = "A1", message: str = "") -> Result:
    return Result(check, "name", "rule", status, message)


NOT_STARTED = result("not_run", message="not started")
NOT_JUDGED = result("not_run", message="not judged: claim_next_job did not come back in A4")


@pytest.mark.parametrize(
    ("results", "status", "exits"),
    [
        ([result("passed"), result("passed")], "passed", (0, 0)),
        ([result("passed"), result("failed")], "failed", (1, 1)),
        ([result("passed"), result("error")], "error", (1, 1)),
        ([result("error"), result("failed")], "failed", (1, 1)),
        ([NOT_STARTED, NOT_STARTED], "not_started", (0, 1)),
        ([result("passed"), NOT_JUDGED], "error", (1, 1)),
    ],
)
def test_a_task_is_what_its_checks_are(
    results: list[Result], status: str, exits: tuple[int, int]
) -> None:
    """The worst of them decides; a task that is not started fails only where that is asked for."""
    report = Report("candidate/solution.py", results)

    assert report.status_of("A") == status
    assert (report.exit_status(strict=False), report.exit_status(strict=True)) == exits


def test_what_could_not_be_loaded_is_2() -> None:
    """Nothing was judged, and the JSON says why."""
    report = Report("solution.py", [], unusable="solution.py:1: syntax error")

    assert (report.exit_status(strict=False), report.as_json()["tasks"]) == (2, {})
    assert report.as_json()["error"] == "solution.py:1: syntax error"


@pytest.mark.parametrize("one", [FAILED, NOT_STARTED, result("passed")])
def test_a_result_goes_whole_from_process_to_process(one: Result) -> None:
    """What arrives is what was sent, through JSON."""
    arrived = Result.from_event(json.loads(json.dumps(one.to_event())))

    assert arrived == one


def test_a_failure_reads_in_one_grammar() -> None:
    """The rule, Expected, Got, How it happened, why, Where and Repeat, each at its place."""
    report = Report("my/solution.py", [FAILED], seed=3)

    told = [click.unstyle(line) for line in lines(report)]

    assert told[2:] == [
        f"{'✗ C4  a timeout':<70} task C",
        "  The customer gets one mail.",
        "  Expected  one mail",
        "  Got       two mails",
        "  How it happened",
        f"        1.2 ms  worker-1  {FAILURE.story[0].operation:<74} TimeoutError  ◀",
        "  The key differs. Without that error, the same run passes.",
        "  Where     candidate/solution.py:41  await send_email(…)",
        "  Repeat    make test T=C4 SOLUTION=my/solution.py SEED=3 REPLAY=w1*1.w1a",
        "",
        "my/solution.py: 1 failed (0.0 s)",
    ]
