"""A database file that cannot be made: told in one line, and what was there stays."""

import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from infra.database import file
from infra.errors import DatabaseUnavailableError
from interviewer.selftests.drivers import FILL
from interviewer.selftests.processes import names, result_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file.create(tmp_path / "interview.db", FILL)
    return tmp_path / "interview.db"


KILLED_WHILE_CREATING = """
connect = sqlite3.connect

def connect_deadly(*arguments, **options):
    connection = connect(*arguments, **options)
    connection.create_function("die", 0, lambda: os.kill(os.getpid(), signal.SIGKILL))
    return connection

sqlite3.connect = connect_deadly
file.create(path, "INSERT INTO campaigns (name, user_id) VALUES ('new', 1); SELECT die();")
"""


def test_who_is_killed_while_making_it_afresh_leaves_what_was_there(path: Path) -> None:
    """When `create` is killed in the middle, the old database is whole, and can be made afresh."""
    code, *_ = result_of(KILLED_WHILE_CREATING, path)

    left = names(path)
    file.create(path)

    assert (code, left, names(path)) == (-signal.SIGKILL, ["Winter news"], [])


def test_who_is_killed_while_making_the_first_leaves_none(tmp_path: Path) -> None:
    """When the first `create` is killed, there is no half of a database, and the next succeeds."""
    path = tmp_path / "interview.db"

    code, *_ = result_of(KILLED_WHILE_CREATING, path)
    with pytest.raises(DatabaseUnavailableError) as caught:
        file.connect(path)
    file.create(path, FILL)

    assert code == -signal.SIGKILL
    assert str(caught.value) == "interview.db is not set up: run `python setup_db.py`"
    assert names(path) == ["Winter news"]


NOT_THERE = "new.db is not there: run `make setup`, or `python setup_db.py`"
REFUSED = """
LARGE = "INSERT INTO campaigns (name, user_id) VALUES (zeroblob(100000), 1);"

for act in (lambda path: file.connect(path).close(), lambda path: file.create(path, LARGE)):
    try:
        act(path)
    except DatabaseUnavailableError as error:
        print(error)
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can reach, as pytest's own are not."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def test_a_folder_that_cannot_be_written_is_told_in_one_line(open_folder: Path) -> None:
    """Without the right to write, a new database and an old one are refused, and stay as is."""
    path = open_folder / "interview.db"
    file.create(path, FILL)
    before = path.read_bytes()
    open_folder.chmod(0o555)
    nobody = "if os.geteuid() == 0: os.setuid(65534)\n"
    missing = "path = path.with_name('new.db')\n"

    of_old = result_of(nobody + REFUSED, path)
    of_new = result_of(nobody + missing + REFUSED, path)

    advice = f"cannot be written: make {open_folder} writable, or use another folder\n"
    assert of_old == (0, f"interview.db {advice}" * 2, "")
    assert of_new == (0, f"{NOT_THERE}\nnew.db {advice}", "")
    assert (path.read_bytes(), list(open_folder.iterdir())) == (before, [path])


def test_a_disk_that_takes_no_more_is_told_in_one_line(path: Path) -> None:
    """When the file cannot grow, `create` says so in one line, and the old database is whole."""
    # Enough for the index that a connection needs beside the file, not for what is filled in.
    limited = "resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))\n"

    result = result_of(limited + REFUSED, path)

    assert result == (0, "interview.db cannot be used: disk I/O error\n", "")
    assert names(path) == ["Winter news"]
