"""Hostile submissions: each ends as one clear line of its own, and all else is as before."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

import pytest

from interviewer.grading import cell
from interviewer.grading.grade import Terms, grade_all
from interviewer.grading.grading import Grading
from interviewer.selftests.hostile import ROOT, right

TERMS = Terms(seed=5, budget=1)
STARTER = (ROOT / "tests" / "starter.py").read_text(encoding="utf-8")


def claiming(body: str) -> str:
    """Return a solution of which only the claim is written, and does this."""
    return f"{STARTER}\nimport os\n\nasync def claim_next_job():\n{indent(body, '    ')}\n"


HOSTILE = {
    "loops": (
        claiming("while True: pass"),
        "without end",
    ),
    "loops as it is loaded": (
        "while True: pass",
        "candidate/solution.py: while it is loaded, it ",
    ),
    "fork bomb": (
        claiming("while True: os.fork()"),
        "the solution starts a process (os.fork): not allowed here",
    ),
    "10 GB": (claiming("bytearray(10 * 1024**3)"), "A1: claim_next_job raised MemoryError"),
    "1 GB of prints": (
        claiming("for _ in range(1000): print('x' * 1_000_000)"),
        "A1: returned None",
    ),
    "1 GB to stdout": (
        claiming("for _ in range(1000): os.write(1, b'x' * 1_000_000)"),
        "A1: returned None",
    ),
    "crash": (
        claiming("import faulthandler\nfaulthandler._sigsegv()"),
        "A1: while this was judged, the process ended: a crash, or too much memory",
    ),
    "deletes the canary": (claiming("os.remove({canary!r})"), "the solution changes a file"),
    "deletes the folder": (
        claiming("import shutil\nshutil.rmtree(os.path.dirname({canary!r}))"),
        "the solution changes a file",
    ),
    "deletes the other submissions": (
        claiming("import shutil\nshutil.rmtree(os.environ['TMPDIR'] + '/../..')"),
        "the solution changes a file",
    ),
    "reads what only we know": (
        "from interviewer.solutions.reference import *",
        "candidate/solution.py:1: ModuleNotFoundError: No module named 'interviewer'",
    ),
}


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder for all that is made, with a canary in it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "canary").mkdir()
        (Path(folder) / "canary" / "canary.txt").write_text("alive", encoding="utf-8")
        yield Path(folder)


@pytest.fixture(
    scope="module", params=[True, False], ids=["with walls, if there are any", "without walls"]
)
def gradings(place: Path, request: pytest.FixtureRequest) -> dict[str, Grading]:
    """What came of grading all of them at once, and a right one among them."""
    submissions = {}
    for name, text in {"right": right(), **{name: HOSTILE[name][0] for name in HOSTILE}}.items():
        path = place / f"{name}.py"
        path.write_text(text.replace("{canary!r}", repr(str(place / "canary" / "canary.txt"))))
        submissions[name] = path
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tempfile, "tempdir", str(place))
        if not request.param:
            patched.setattr(cell, "has_walls", lambda: False)
        return {grading.name: grading for grading in grade_all(submissions, TERMS)}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_submission_is_told_as_what_it_is(
    name: str, gradings: dict[str, Grading]
) -> None:
    """Its problem, or the first check that it fails, says in a line what it did."""
    assert HOSTILE[name][1] in first_words(gradings[name])
    assert "\n" not in first_words(gradings[name])


def test_others_are_graded_as_ever(gradings: dict[str, Grading]) -> None:
    """What is graded beside them passes."""
    assert (gradings["right"].outcome, gradings["right"].problem) == ("passed", None)


def test_nothing_is_left(gradings: dict[str, Grading], place: Path) -> None:
    """No process, no folder, and the canary is alive."""
    assert list(processes_with(str(place))) == []
    assert {path.name for path in place.iterdir()} == {
        "canary",
        *(f"{name}.py" for name in gradings),
    }
    assert (place / "canary" / "canary.txt").read_text(encoding="utf-8") == "alive"


def first_words(grading: Grading) -> str:
    """Return what is told first of what is wrong."""
    if grading.verdict is None:
        return grading.problem or ""
    checks = (pair for task in grading.verdict["tasks"].values() for pair in task["checks"].items())
    return next(f"{check}: {facts['got']}" for check, facts in checks if facts["got"])


def processes_with(word: str) -> Iterator[int]:
    """Return the processes, but for this one, that have a word in their environment."""
    if sys.platform != "linux":
        return
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and int(folder.name) != os.getpid():
            try:
                environment = (folder / "environ").read_bytes()
            except OSError:
                continue
            if word.encode() in environment:
                yield int(folder.name)
