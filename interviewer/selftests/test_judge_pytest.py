"""Plain pytest gives the verdicts of `python -m tests`."""

import os
import re
import subprocess
import sys
from pathlib import Path

from interviewer.selftests.hostile import ROOT

WRONG = ROOT / "interviewer" / "solutions" / "wrong" / "a4_select_then_save.py"


def run_pytest(solution: Path, *arguments: str) -> tuple[int, str]:
    """Run pytest on the task files; return its status and what it printed."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-rA",
            "--no-header",
            *arguments,
        ],
        cwd=ROOT,
        env={**os.environ, "SOLUTION": str(solution), "NO_COLOR": "1", "COLUMNS": "100"},
        capture_output=True,
        check=False,
        text=True,
    )
    return done.returncode, done.stdout


def verdicts(printed: str) -> dict[str, str]:
    found = re.findall(r"^(PASSED|FAILED) \S+::test_(\w\d)_", printed, re.MULTILINE)
    return {check.upper(): verdict for verdict, check in found}


def test_a_check_passes_or_fails_as_judged() -> None:
    """The same checks pass, the same one fails, and it tells the same story."""
    status, printed = run_pytest(WRONG, "tests/test_a_claim.py")

    expected = {f"A{n}": "PASSED" for n in range(1, 8)} | {"A4": "FAILED"}
    assert (status, verdicts(printed)) == (1, expected)
    assert "Got       both worker-1 and worker-2 hold job 1" in printed
    assert "REPLAY=w1*1.w2*1" in printed
    assert "Traceback" not in printed


def test_what_is_not_started_is_skipped() -> None:
    """The starter's checks are neither passed nor failed."""
    status, printed = run_pytest(ROOT / "candidate" / "solution.py", "tests/test_b_create.py")

    assert (status, verdicts(printed)) == (0, {})
    assert re.search(r"^=+ 4 skipped in ", printed, re.MULTILINE)


def test_a_file_that_cannot_be_loaded_fails_in_a_line() -> None:
    """Each test says why, in the words of the command."""
    status, printed = run_pytest(ROOT / "nowhere.py", "tests/test_b_create.py")

    assert (status, set(verdicts(printed).values())) == (1, {"FAILED"})
    assert "nowhere.py cannot be read: No such file or directory" in printed


def test_one_check_can_be_chosen() -> None:
    """pytest's own ways to choose tests choose checks."""
    status, printed = run_pytest(WRONG, "tests", "-k", "a1 or a4")

    assert (status, verdicts(printed)) == (1, {"A1": "PASSED", "A4": "FAILED"})
