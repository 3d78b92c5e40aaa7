"""`python -m scenarios.demo`: what it prints, and what it exits with."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.operations import Operation
from infra.simulation import Moment
from interviewer.selftests.demos import SOLUTION, run, run_changed, table
from interviewer.selftests.processes import heed_ctrl_c
from scenarios import campaign, demo

ROOT = Path(__file__).resolve().parents[2]
NAMES = """
    jobs, mails delivered, duplicates, calls refused, retries, absorbed by a key,
    crashes survived, routes taken, simulated time, real time, throughput
"""

IN_A_TASK_GROUP = """
from asyncio import TaskGroup

alone = process_job

async def process_job(job):
    async with TaskGroup() as group:
        group.create_task(alone(job))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "solution.py"


def without_real_time(output: str) -> list[str]:
    """Return the lines, without those that tell the speed of the machine, and their padding."""
    return [
        line.rstrip()
        for line in output.splitlines()
        if not line.startswith(("real time", "throughput"))
    ]


def test_the_reference_mails_every_customer_once() -> None:
    """It survives crashes and faults, says so line by line, and exits with 0."""
    result = run("--customers", 60)

    first, *_, last = result.stdout.splitlines()
    told = table(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    assert first == "60 customers, 20 workers, interviewer/solutions/reference.py"
    assert last == "Every customer got exactly one mail."
    assert list(told) == [name.strip() for name in NAMES.split(",")]
    assert (told["jobs"], told["mails delivered"], told["duplicates"]) == (
        "60 completed",
        "60",
        "0",
    )
    assert told["crashes survived"] == "3"
    assert re.fullmatch(r"\d+ rate-limited, \d+ timed out", told["calls refused"])
    assert sum(map(int, re.findall(r"\d+", told["routes taken"]))) == 60
    assert told["simulated time"].startswith("48 h ")
    assert told["real time"].endswith(" s")
    assert told["throughput"].endswith(" customers a second of real time")


def test_a_solution_may_be_short(path: Path) -> None:
    """Steps need not be recorded, and errors may escape: the workers note them."""
    path.write_text(SOLUTION)

    result = run("--customers", 60, "--solution", path)

    assert result.exit_code == 0
    assert result.stdout.startswith(f"60 customers, 20 workers, {path}\n")
    assert table(result.stdout)["routes taken"] == "none recorded in job_steps"
    assert "\nescaped from the four functions, and noted by the workers:\n" in result.stdout
    assert "× TimeoutError: SendGrid: no answer within 10 s: " in result.stdout


def test_the_same_seed_tells_the_same_story() -> None:
    """All but the real time is the same, to the letter; another seed has other chances."""
    first, again, other = (run("--customers", 100, "--seed", seed) for seed in (7, 7, 8))

    assert without_real_time(first.stdout) == without_real_time(again.stdout)
    assert without_real_time(first.stdout) != without_real_time(other.stdout)


def test_in_real_time_it_is_the_same_campaign() -> None:
    """`--real` goes through aiosqlite and does not wait 48 hours."""
    result = run("--real", "--customers", 60)

    told = table(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    assert (told["jobs"], told["mails delivered"], told["duplicates"]) == (
        "60 completed",
        "60",
        "0",
    )
    assert told["crashes survived"] == "3"
    assert "simulated time" not in told
    assert result.stdout.splitlines()[-1] == "Every customer got exactly one mail."


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (
            'f"job-{job.id}"',
            "str(uuid4())",
            r"\d+ mails went to customers who had one already\.",
        ),
        (
            "    await send_email_step(job)\n",
            "    return await Job.filter(id=job.id).update(status='failed')\n",
            r"20 customers got no mail\.",
        ),
        (
            "job.customer_email,",
            "'x' + job.customer_email,",
            r"20 customers got no mail; 20 mails went to addresses of no customer\.",
        ),
        (
            "    for email in customer_emails:\n",
            "    for email in customer_emails[1:]:\n",
            r"1 customers got no mail\.",
        ),
    ],
    ids=["another key each try", "all fail", "another address", "one left out"],
)
def test_a_wrong_solution_is_told_what_went_wrong(
    path: Path, before: str, after: str, verdict: str
) -> None:
    """The last line says it with numbers, and the exit code is 1."""
    result = run_changed(path, before, after)

    assert (result.exit_code, result.stderr) == (1, "")
    assert re.fullmatch(verdict, result.stdout.splitlines()[-1])


class DiesWhileSending:
    """Lets the first worker die that has sent a mail."""

    def __init__(self) -> None:
        self.has_struck = False

    def strikes(self, operation: Operation, moment: Moment) -> bool:
        strikes = not self.has_struck and operation.call == "send_email" and moment == "after"
        self.has_struck = self.has_struck or strikes
        return strikes


def test_it_survives_a_worker_that_dies_in_a_task_group(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task group tells of its tasks' deaths in a group: another worker takes the place."""
    monkeypatch.setattr(demo, "RandomCrashes", lambda **options: DiesWhileSending())
    path.write_text(SOLUTION + IN_A_TASK_GROUP)

    result = run("--customers", 20, "--workers", 2, "--solution", path)

    assert (result.exit_code, result.stderr) == (0, "")
    assert table(result.stdout)["crashes survived"] == "1"


def test_a_solution_that_goes_in_circles_is_stopped(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that never ends its jobs is stopped when it has done far too many operations."""
    monkeypatch.setattr(campaign, "OPERATIONS_MIN", 100)

    result = run_changed(path, '"completed", current_step="done"', '"pending"')

    assert (result.exit_code, result.stderr) == (1, "")
    last = result.stdout.splitlines()[-1]
    assert re.search(r"20 jobs were not finished \(.*(ready|running)\)\.$", last)
    assert table(result.stdout)["simulated time"].startswith("0 h ")


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start the demo as one does by hand, its output going to a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "scenarios.demo", *arguments],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "FORCE_COLOR"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,  # noqa: PLW1509
    )


def test_in_a_pipe_it_prints_plain_lines() -> None:
    """The module runs, and where nobody looks nothing is drawn or coloured."""
    with start("--customers", "30") as process:
        stdout, stderr = process.communicate()

    assert (process.returncode, stderr) == (0, "")
    assert stdout.replace("\n", "").isprintable()
    assert table(stdout)["jobs"] == "30 completed"


@pytest.mark.parametrize("arguments", [[], ["--real"]], ids=["simulated", "real"])
def test_ctrl_c_ends_it_with_a_line(arguments: list[str]) -> None:
    """Once it is at work, it stops with one line and no traceback, and not with 0."""
    with start(*arguments) as process:
        assert process.stdout
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate()

    assert first == "50,000 customers, 20 workers, interviewer/solutions/reference.py\n"
    assert (stdout, len(stderr.strip().splitlines())) == ("", 1)
    assert process.returncode == 2


@pytest.mark.parametrize("arguments", [[], ["--real"]], ids=["simulated", "real"])
def test_ctrl_c_that_is_swallowed_ends_it_too(arguments: list[str], tmp_path: Path) -> None:
    """As when it comes while Python deletes something, and is not raised any further."""
    path = tmp_path / "solution.py"
    waits = "import os\ntry:\n    os.write(1, b'there\\n')\n    while True: pass\n"
    path.write_text(f"{waits}except BaseException: pass\n{demo.REFERENCE.read_text()}")
    with start("--customers", "300", "--solution", str(path), *arguments) as process:
        assert process.stdout
        next(line for line in process.stdout if line == "there\n")
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate()

    assert (stdout, stderr, process.returncode) == ("", "stopped\n", 2)
