"""The doctor: what it finds on a machine as it should be, and on others that really are not."""

import ctypes
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from interviewer.selftests.processes import TIMEOUT_SECONDS, heed_ctrl_c
from interviewer.terminal import Terminal, copy_kit

READY = [
    r"✓ Python       3\.\d+\.\d+\S*, with SQLite 3\.\d+\.\d+",
    r"✓ packages     all \d+ are as in requirements\.txt",
    r"✓ folders      can be written, [\d.]+ [GM]B free",
    r"✓ sample data  interview\.db, 100 jobs",
    r"– terminal     none here: try it in the one you will use",
    r"✓ saves        noticed after \d+ ms",
    r"✓ judge        caught a racy counter in run \d, passed a safe one in all \d+ runs, [\d.]+ s",
    r"ready",
]
AFTER_PACKAGES = [
    f"– {name:<12} not looked at before the packages are right"
    for name in ("sample data", "terminal", "saves", "judge")
]
FAKE_AN_OLD_PYTHON = """
import runpy, sys
sys.version_info = (3, 9, 18, "final", 0)
runpy.run_module("tests.doctor", run_name="__main__")
"""

_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE = 24, 1


@pytest.fixture(scope="module")
def whole_kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A candidate's copy of the kit that is set up."""
    kit = copy_kit(tmp_path_factory.mktemp("doctor") / "kit")
    subprocess.run([sys.executable, "setup_db.py"], cwd=kit, check=True, capture_output=True)
    return kit


@pytest.fixture
def kit(whole_kit: Path, tmp_path: Path) -> Path:
    """A copy to be changed at will."""
    return shutil.copytree(whole_kit, tmp_path / "kit")


def ask(
    kit: Path,
    *command: str,
    before: Callable[[], None] | None = None,
    **environment: str,
) -> tuple[int, list[str]]:
    """Ask the doctor, in a pipe; return the exit status and the lines."""
    done = subprocess.run(
        command or (sys.executable, "-m", "tests.doctor"),
        cwd=kit,
        env=os.environ | {"PYTHONIOENCODING": "utf-8", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
        preexec_fn=before,
    )
    return done.returncode, done.stdout.splitlines()


def files(kit: Path) -> set[Path]:
    """Return what is in a folder, but for caches."""
    return {path for path in kit.rglob("*") if "__pycache__" not in path.parts}


@contextmanager
def read_only(*folders: Path) -> Iterator[None]:
    """Let nobody write there, for the block."""
    modes = [folder.stat().st_mode for folder in folders]
    for folder in folders:
        folder.chmod(0o555)
    try:
        yield
    finally:
        for folder, mode in zip(folders, modes, strict=True):
            folder.chmod(mode)


def bound_by_modes() -> None:
    """Take from root what lets it write where nobody may."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)


def new_venv(folder: Path, without: str) -> Path:
    """Make a .venv with the packages of this one, but for one; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    (target,) = folder.glob("lib/python*/site-packages")
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not path.name.lower().replace("-", "_").startswith(without.replace("-", "_")):
            (target / path.name).symlink_to(path)
    return python


def test_all_is_well(kit: Path) -> None:
    """There is a line for each thing, then "ready"; it exits with 0 and leaves nothing behind."""
    before = files(kit)

    status, lines = ask(kit)

    assert [bool(re.fullmatch(*pair)) for pair in zip(READY, lines, strict=True)] == [True] * 8, (
        lines
    )
    assert (status, files(kit)) == (0, before)


def test_make_asks_the_python_of_the_kit(kit: Path) -> None:
    """`make doctor` runs with .venv, without a word of its own."""
    status, lines = ask(kit, "make", "--no-print-directory", "doctor")

    assert (status, lines[-1]) == (0, "ready")


def test_without_a_venv_make_sets_nothing_up(kit: Path, tmp_path: Path) -> None:
    """Before `make setup` it says so, with any Python that is there."""
    shutil.rmtree(kit / ".venv")
    bare = new_venv(tmp_path / "bare", without="")

    status, lines = ask(kit, "make", "--no-print-directory", "doctor", f"PYTHON={bare}")

    assert lines[1].startswith("✗ packages     aiosqlite is not there, click is not there, and ")
    assert [lines[3:7], lines[7]] == [AFTER_PACKAGES, "To do first: make setup"]
    assert (status, (kit / ".venv").exists()) == (2, False)


def test_a_package_is_missing(kit: Path) -> None:
    """It is named, what needs it is not looked at, and `make setup` is to do."""
    shutil.rmtree(kit / ".venv")
    python = new_venv(kit / ".venv", without="watchfiles")

    status, lines = ask(kit, str(python), "-m", "tests.doctor")

    assert lines[1] == "✗ packages     watchfiles is not there"
    assert lines[2].startswith("✓ folders ")
    assert (status, lines[3:]) == (1, [*AFTER_PACKAGES, "To do first: make setup"])


def test_a_package_of_another_version(kit: Path) -> None:
    """Both versions are named; where make takes .venv for made, it has to be made anew."""
    shutil.rmtree(kit / ".venv")
    python = new_venv(kit / ".venv", without="idna")
    (site,) = (kit / ".venv").glob("lib/python*/site-packages")
    (site / "idna-2.0.dist-info").mkdir()
    (site / "idna-2.0.dist-info" / "METADATA").write_text("Name: idna\nVersion: 2.0\n")
    before_make = ask(kit, str(python), "-m", "tests.doctor")
    (kit / ".venv" / ".runtime").touch()

    after_make = ask(kit, str(python), "-m", "tests.doctor")

    assert re.fullmatch(r"✗ packages     idna is 2\.0, not [\d.]+", before_make[1][1])
    assert (before_make[0], before_make[1][-1]) == (1, "To do first: make setup")
    assert (after_make[0], after_make[1][-1]) == (1, "To do first: make clean && make setup")


def test_a_package_that_is_for_another_python(kit: Path) -> None:
    """What is there by name and cannot be imported is told by who needs it."""
    shutil.rmtree(kit / ".venv")
    python = new_venv(kit / ".venv", without="watchfiles")
    (site,) = (kit / ".venv").glob("lib/python*/site-packages")
    (told,) = Path(sysconfig.get_path("purelib")).glob("watchfiles-*.dist-info")
    (site / told.name).symlink_to(told)

    status, lines = ask(kit, str(python), "-m", "tests.doctor")

    assert lines[1].startswith("✓ packages ")
    assert "✗ saves        cannot be imported: No module named 'watchfiles'" in lines
    assert (status, lines[-1]) == (1, "To do first: make setup")


def test_another_python_than_that_of_the_kit(kit: Path, tmp_path: Path) -> None:
    """Who has a .venv and runs without it is told to use it."""
    bare = new_venv(tmp_path / "bare", without="")

    status, lines = ask(kit, str(bare), "-m", "tests.doctor")

    assert (status, lines[-1]) == (1, "To do first: use .venv/bin/python, or make doctor")


def test_too_old_a_python(kit: Path) -> None:
    """It is one line that says what is needed."""
    assert ask(kit, sys.executable, "-c", FAKE_AN_OLD_PYTHON) == (
        1,
        ["Python 3.11 or newer is needed, this is 3.9: make setup PYTHON=python3.12"],
    )


@pytest.mark.skipif(sys.platform != "linux", reason="root is bound by modes on Linux alone")
@pytest.mark.parametrize("place", [".", "candidate"])
def test_a_folder_that_cannot_be_written(kit: Path, place: str) -> None:
    """It is named, and to be made writable; the judge, who needs no room there, is looked at."""
    with read_only(kit / place):
        status, lines = ask(kit, before=bound_by_modes)

    folder = str((kit / place).resolve())
    assert lines[2] == f"✗ folders      {folder} cannot be written: Permission denied"
    assert lines[5] == "– saves        not looked at before the folders are right"
    assert lines[6].startswith("✓ judge ")
    words = f"To do first: make {folder} writable, or move the kit to a folder of yours"
    assert (status, lines[-1]) == (1, words)


@pytest.mark.skipif(sys.platform != "linux", reason="root is bound by modes on Linux alone")
def test_a_solution_that_cannot_be_written(kit: Path) -> None:
    """The one file to edit has to be one that can be edited."""
    (kit / "candidate" / "solution.py").chmod(0o444)

    status, lines = ask(kit, before=bound_by_modes)

    assert lines[2] == "✗ folders      candidate/solution.py is not there, or cannot be written"
    assert (status, lines[-1].endswith("or make candidate/solution.py writable")) == (1, True)


def test_no_sample_data(kit: Path) -> None:
    """Without interview.db there is one thing to do."""
    (kit / "interview.db").unlink()

    status, lines = ask(kit)

    assert lines[3] == "✗ sample data  interview.db is not there"
    assert lines[-1] == "To do first: run `make setup`, or `python setup_db.py`"
    assert (status, (kit / "interview.db").exists()) == (1, False)


def test_sample_data_of_somebody_else(kit: Path) -> None:
    """A database that is not the kit's is to be moved, and is left as it is."""
    (kit / "interview.db").unlink()
    with closing(sqlite3.connect(kit / "interview.db")) as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")

    status, lines = ask(kit)

    assert lines[3] == "✗ sample data  interview.db is not a database of this kit"
    assert (status, lines[-1]) == (1, "To do first: move it away, then run `make setup`")


def test_no_events_of_saves(kit: Path) -> None:
    """Where saves are not told of, that is noted: the screen looks for them itself."""
    status, lines = ask(kit, WATCHFILES_FORCE_POLLING="1")

    assert lines[5] == (
        "– saves        make dev looks for saves twice a second: WATCHFILES_FORCE_POLLING"
    )
    assert (status, lines[-1]) == (0, "ready")


def test_output_that_cannot_show_the_signs(kit: Path) -> None:
    """What cannot be written is no error of the doctor's, but a finding."""
    status, lines = ask(kit, PYTHONIOENCODING="ascii")

    assert lines[4] == "? terminal     ascii cannot show the signs of the screens"
    assert (status, lines[-1].startswith("To do first: export PYTHONIOENCODING=utf-8")) == (1, True)


@pytest.mark.parametrize(
    ("file", "before", "after", "words"),
    [
        ("judge/child.py", "import sys\n", "raise SystemExit\n", "its processes do not answer: "),
        ("doctor/judging.py", "s.add_in_two_steps", "s.add_in_one", "missed a racy counter"),
        ("doctor/judging.py", "s.add_in_one", "s.add_in_two_steps", "took a safe counter for"),
    ],
)
def test_a_judge_that_does_not_work(
    kit: Path, file: str, before: str, after: str, words: str
) -> None:
    """Processes that do not answer, a race that is missed or imagined: for the interviewer."""
    path = kit / "tests" / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(before, after, 1), encoding="utf-8")

    status, lines = ask(kit)

    assert lines[6].startswith(f"✗ judge        {words}")
    assert (status, lines[-1]) == (1, "To do first: show the line of the judge to your interviewer")


def test_a_pipe_that_nobody_reads(kit: Path) -> None:
    """When nobody reads on, it ends without a word."""
    command = f"{sys.executable} -m tests.doctor 2>&1 | head -n 1"

    assert len(ask(kit, "sh", "-c", command)[1]) == 1


def test_ctrl_c_ends_it(kit: Path) -> None:
    """Ctrl-C in the middle ends it without a traceback, and leaves no file."""
    before = files(kit)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.doctor"],
        cwd=kit,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
        preexec_fn=heed_ctrl_c,  # noqa: PLW1509
    )
    assert process.stdout
    process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    rest = process.stdout.read()
    process.stdout.close()

    assert process.wait(TIMEOUT_SECONDS) == 130
    assert ("Traceback" in rest, files(kit)) == (False, before)


@pytest.fixture
def in_terminal(kit: Path) -> Iterator[Callable[..., str]]:
    """Ask in a terminal of some size, after some words to the shell; returns what it shows."""
    made: list[Terminal] = []

    def look(width: int, height: int, words: str = "") -> str:
        made.append(terminal := Terminal(kit, width, height))
        terminal.run(f"clear; {words} make doctor; echo the end")
        return terminal.until("\nthe end\n")

    yield look
    for terminal in made:
        terminal.close()


tmux = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not there")


@tmux
def test_a_terminal_that_is_fit(in_terminal: Callable[..., str]) -> None:
    """Its size, the signs to be looked at, and its colours are told."""
    shown = in_terminal(80, 24)

    assert "✓ terminal     80 × 24, utf-8 (– ● ✗ ◀ │), 256 colours\n" in shown
    assert "\nready\n" in shown


@tmux
def test_a_terminal_that_is_too_small(in_terminal: Callable[..., str]) -> None:
    """The size that there is and the one that is needed are told."""
    shown = in_terminal(79, 20)

    assert "✗ terminal     79 × 20 is smaller than 80 × 24\n" in shown
    assert "\nTo do first: make the window larger, to 80 columns and 24 lines\n" in shown


@tmux
@pytest.mark.parametrize(("words", "why"), [("NO_COLOR=1", "NO_COLOR"), ("TERM=dumb", "TERM=dumb")])
def test_a_terminal_without_colours(in_terminal: Callable[..., str], words: str, why: str) -> None:
    """Who wants no colours gets plain lines, and is ready all the same."""
    shown = " ".join(in_terminal(100, 24, words).split())

    assert f"plain lines, no screen, as {why} asks for" in shown
    assert "ready the end" in shown
