"""`python setup_db.py` in a copy of the kit, with this Python, an old one, and a bare one."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OLD_PYTHONS = [f"python3.{minor}" for minor in range(6, 11)]
FAKE_AN_OLD_PYTHON = """
import runpy, sys
sys.version_info = (3, 9, 18, "final", 0)
runpy.run_path("setup_db.py", run_name="__main__")
"""


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A copy of what `setup_db.py` needs, to run it as one does by hand."""
    kit = tmp_path / "a kit"
    shutil.copytree(ROOT / "infra", kit / "infra", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "setup_db.py", kit)
    return kit


def run_by_hand(kit: Path, *command: str) -> tuple[int, str, str]:
    done = subprocess.run(command, cwd=kit, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_it_runs_by_hand_from_any_folder(kit: Path) -> None:
    """The database is made beside it, wherever one is."""
    (kit / "elsewhere").mkdir()

    done = run_by_hand(kit / "elsewhere", sys.executable, "../setup_db.py", "--customers", "3")

    assert done == (0, "interview.db: 1 campaign, 3 pending jobs\n", "")
    with closing(sqlite3.connect(kit / "interview.db")) as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchall() == [(3,)]


def test_too_old_a_python_is_told(kit: Path) -> None:
    """It is one line that says which Python this is, and no file is made."""
    done = run_by_hand(kit, sys.executable, "-c", FAKE_AN_OLD_PYTHON)

    assert done == (1, "", f"Python 3.11 or newer is needed, this is 3.9: {sys.executable}\n")
    assert not (kit / "interview.db").exists()


def find(python: str) -> str | None:
    """Return where such a Python is, one that runs, of the system's or of pyenv's."""
    pyenvs = Path.home().glob(f".pyenv/versions/{python.removeprefix('python')}.*/bin/{python}")
    for found in (*pyenvs, shutil.which(python)):
        if (
            found
            and subprocess.run([found, "-V"], capture_output=True, check=False).returncode == 0
        ):
            return str(found)
    return None


@pytest.mark.parametrize("python", OLD_PYTHONS)
@pytest.mark.parametrize("command", [["setup_db.py"], ["-c", "import infra"]], ids=" ".join)
def test_an_old_python_that_is_here_is_told(kit: Path, python: str, command: list[str]) -> None:
    """Each old Python of this machine reads as far as the line that tells it."""
    found = find(python)
    if found is None:
        pytest.skip(f"there is no {python} here")

    code, stdout, stderr = run_by_hand(kit, found, *command)

    words = f"Python 3.11 or newer is needed, this is {python.removeprefix('python')}: "
    assert (code, stdout, len(stderr.splitlines())) == (1, "", 1)
    assert stderr.startswith(words)


def test_missing_packages_are_told(kit: Path) -> None:
    """Without the packages of the kit it is one line too."""
    done = run_by_hand(kit, sys.executable, "-S", "setup_db.py")

    assert done == (
        1,
        "",
        f"aiosqlite is not there for {sys.executable}: run `make setup`, use .venv/bin/python\n",
    )
