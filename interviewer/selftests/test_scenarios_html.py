"""`python -m scenarios N --html FILE`: what was measured, drawn as a page."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def scenario(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as one does by hand."""
    return subprocess.run(
        [sys.executable, "-m", "scenarios", *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("number", ["2", "3"])
def test_a_page_is_written_beside_the_dashboard(number: str, tmp_path: Path) -> None:
    """The page has the question that the dashboard ends with; the status is as without it."""
    path = tmp_path / "incident.html"

    done = scenario(number, "--incident", "--html", str(path))

    question = done.stdout.rstrip().splitlines()[-1]
    page = path.read_text(encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    assert page.startswith("<!doctype html>")
    assert all(part in page for part in question.split("? "))


def test_a_page_that_cannot_be_written(tmp_path: Path) -> None:
    """It is told in one line before anything runs."""
    path = tmp_path / "missing" / "incident.html"

    done = scenario("1", "--html", str(path))

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert str(path) in done.stderr
