"""The demo with a solution that cannot be run, or with wrong options: a line, and exit code 2."""

import re
from pathlib import Path

import pytest

from interviewer.selftests.demos import SOLUTION, run, run_changed

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "solution.py"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (SOLUTION, "x = (\n", "{path}:1: syntax error: '(' was never closed"),
        (SOLUTION, "import sys\nsys.exit()\n", "{path}:2: SystemExit"),
        (
            "process_job",
            "proces_job",
            (
                "{path}: there is no function process_job, line 24 has proces_job: "
                "keep the starter's names"
            ),
        ),
        (
            "    return len(customer_emails)\n",
            "    await Event().wait()\n",
            "{path} waits for ever: deadlock: all of Task- wait, and nothing will wake them",
        ),
        (
            "    await send_email_step(job)\n",
            "    raise NotImplementedError\n",
            "{path} is not written yet: the demo needs all four functions",
        ),
        (
            "    return len(customer_emails)\n",
            "    raise KeyError(1 // 1)\n",
            "{path}:{line}: create_campaign_jobs: KeyError: there is no key 1",
        ),
    ],
    ids=["syntax error", "exit", "missing", "deadlock", "not written", "raises"],
)
def test_a_solution_that_cannot_be_run_is_told_in_a_line(
    path: Path, before: str, after: str, words: str
) -> None:
    """It says what to mend, and exits with 2."""
    result = run_changed(path, before, after)

    stderr = re.sub(r"Task-\d+", "Task-", result.stderr)
    line = 1 + path.read_text().partition("1 // 1")[0].count("\n")
    assert (result.exit_code, stderr) == (2, words.format(path=path, line=line) + "\n")


def test_the_starter_is_not_written_yet() -> None:
    """The file as a candidate gets it is told so in a line."""
    result = run("--customers", 5, "--solution", ROOT / "candidate" / "solution.py")

    assert (result.exit_code, result.stderr) == (
        2,
        "candidate/solution.py is not written yet: the demo needs all four functions\n",
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--customers", "0"], "'--customers': 0 is not in the range 1<=x<=1000000."),
        (["--workers", "x"], "'--workers': 'x' is not a valid integer range."),
        (["--workers", "0"], "'--workers': 0 is not in the range 1<=x<=1000."),
        (["--seed", "x"], "'--seed': 'x' is not a valid integer."),
        (["--solution", "nowhere.py"], "'--solution': File 'nowhere.py' does not exist."),
        (["--solution", "."], "'--solution': File '.' is a directory."),
    ],
)
def test_what_it_cannot_do_is_told(arguments: list[str], words: str) -> None:
    """A wrong option is named with what it takes, before anything runs; the exit code is 2."""
    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1] == f"Error: Invalid value for {words}"


def test_any_path_is_shown_as_it_is(tmp_path: Path) -> None:
    """Brackets in a folder's name are no markup, and a long path is no two lines."""
    folder = tmp_path / "[old] [/b] folder" / ("long" * 20)
    folder.mkdir(parents=True)
    (folder / "solution.py").write_text("x = (\n")

    result = run("--solution", folder / "solution.py")

    assert result.exit_code == 2
    assert result.stdout == f"50,000 customers, 20 workers, {folder / 'solution.py'}\n"
