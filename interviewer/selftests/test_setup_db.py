"""`setup_db.py`: it makes `interview.db` afresh, and leaves alone what is not its own."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import setup_db
from infra.database import Database, file, use_database
from infra.database.aiosqlite_driver import AiosqliteDriver
from infra.models import Campaign, Job
from infra.services import customer

ROOT = Path(__file__).resolve().parents[2]
OLD_PYTHONS = [f"python3.{minor}" for minor in range(6, 11)]
FAKE_AN_OLD_PYTHON = """
import runpy, sys
sys.version_info = (3, 9, 18, "final", 0)
runpy.run_path("setup_db.py", run_name="__main__")
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the database is, instead of beside the kit."""
    monkeypatch.setattr(file, "DEFAULT_PATH", tmp_path / "interview.db")
    monkeypatch.setattr(file, "BUSY_TIMEOUT_SECONDS", 0)
    return tmp_path / "interview.db"


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A copy of what `setup_db.py` needs, to run it as one does by hand."""
    kit = tmp_path / "a kit"
    shutil.copytree(ROOT / "infra", kit / "infra", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "setup_db.py", kit)
    return kit


def run(*arguments: object) -> Result:
    return CliRunner().invoke(setup_db.main, [str(argument) for argument in arguments])


def run_by_hand(kit: Path, *command: str) -> tuple[int, str, str]:
    done = subprocess.run(command, cwd=kit, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def do(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(sql)


async def test_it_makes_one_campaign_and_100_pending_jobs(path: Path) -> None:
    """They are of Salesforce's first 100 customers, and ready to be claimed."""
    result = run()

    with use_database(Database(AiosqliteDriver(path))) as database:
        campaigns, jobs = await Campaign.all(), await Job.order_by("id").all()
        await database.close()
    assert (result.exit_code, result.output) == (
        0,
        "interview.db: 1 campaign, 100 pending jobs\n",
    )
    assert [campaign.name for campaign in campaigns] == [setup_db.CAMPAIGN]
    assert [job.customer_email for job in jobs] == [
        customer(number)["Email"] for number in range(1, 101)
    ]
    assert {
        (job.campaign_id, job.status, job.current_step, job.scheduled_for, job.worker_id)
        for job in jobs
    } == {(1, "pending", "send_email", None, None)}


@pytest.mark.parametrize(
    ("customers", "words"), [(1, "1 pending job"), (2_500, "2,500 pending jobs")]
)
def test_it_makes_as_many_jobs_as_asked_for(path: Path, customers: int, words: str) -> None:
    """`--customers` says how many."""
    result = run("--customers", customers)

    assert result.output == f"interview.db: 1 campaign, {words}\n"
    assert ask(path, "SELECT count(*), count(DISTINCT customer_email) FROM jobs") == [
        (customers, customers)
    ]


def test_it_makes_everything_afresh(path: Path) -> None:
    """What was in the database is gone, also what a candidate has added to it."""
    run("--customers", 7)
    do(path, "UPDATE jobs SET status = 'failed'")
    do(path, "CREATE TABLE notes (text TEXT)")
    do(path, "CREATE INDEX jobs_by_email ON jobs (customer_email)")

    result = run("--customers", 5)

    names = "SELECT name FROM sqlite_master WHERE name IN ('notes', 'jobs_by_email')"
    assert (result.exit_code, ask(path, names)) == (0, [])
    assert ask(path, "SELECT id, status FROM jobs") == [(id_, "pending") for id_ in range(1, 6)]


def test_an_empty_file_is_filled(path: Path) -> None:
    """One that is there but holds nothing is nobody's."""
    path.touch()

    assert run().exit_code == 0
    assert ask(path, "SELECT count(*) FROM jobs") == [(100,)]


def make_text(path: Path) -> None:
    path.write_text("These are my notes, and no database.\n" * 100)


def make_foreign(path: Path) -> None:
    do(path, "CREATE TABLE jobs (title TEXT)")


def make_other_version(path: Path) -> None:
    file.create(path)
    do(path, f"PRAGMA user_version = {file.SCHEMA_VERSION + 1}")


def make_damaged(path: Path) -> None:
    file.create(path)
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * 4096)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (make_text, "is not an SQLite database: move it away, then run `make setup`"),
        (make_foreign, "is not a database of this kit: move it away, then run `make setup`"),
        (
            make_other_version,
            f"has schema version {file.SCHEMA_VERSION + 1}, this kit needs {file.SCHEMA_VERSION}: "
            "move it away, then run `make setup`",
        ),
        (make_damaged, "is not an SQLite database: move it away, then run `make setup`"),
    ],
    ids=["text", "foreign", "other version", "damaged"],
)
def test_what_is_not_its_own_is_left_alone(path: Path, make: object, words: str) -> None:
    """It is refused in one line, with 2, and not a byte of it changes."""
    assert callable(make)
    make(path)
    before = path.read_bytes()

    result = run()

    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"interview.db {words}\n")
    assert path.read_bytes() == before


@pytest.fixture(params=["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def user(path: Path, request: pytest.FixtureRequest) -> Iterator[sqlite3.Connection]:
    """Another process that is writing."""
    file.create(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(request.param)
        yield connection


def test_a_database_in_use_is_left_alone(path: Path, user: sqlite3.Connection) -> None:
    """It is refused in one line, with 2; the other one's work goes on."""
    user.execute("INSERT INTO campaigns (name, user_id) VALUES ('Theirs', 1)")

    result = run()
    user.execute("COMMIT")

    assert (result.exit_code, result.stderr) == (
        2,
        "interview.db is in use by another process: stop that one, then try again\n",
    )
    assert ask(path, "SELECT name FROM campaigns") == [("Theirs",)]


def test_where_no_file_can_be_it_is_told(path: Path) -> None:
    """A folder of that name is refused in one line too."""
    path.mkdir()

    result = run()

    assert (result.exit_code, result.stderr) == (
        2,
        f"interview.db cannot be written: make {path.parent} writable, or use another folder\n",
    )


@pytest.mark.parametrize("customers", ["0", "1000001", "many"])
def test_what_it_cannot_make_is_told(path: Path, customers: str) -> None:
    """A wrong number is named with what it takes, and no file is made."""
    result = run("--customers", customers)

    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("Error: Invalid value for '--customers': ")
    assert not path.exists()


def test_it_runs_by_hand_from_any_folder(kit: Path) -> None:
    """The database is made beside it, wherever one is."""
    (kit / "elsewhere").mkdir()

    done = run_by_hand(kit / "elsewhere", sys.executable, "../setup_db.py", "--customers", "3")

    assert done == (0, "interview.db: 1 campaign, 3 pending jobs\n", "")
    assert ask(kit / "interview.db", "SELECT count(*) FROM jobs") == [(3,)]


def test_too_old_a_python_is_told(kit: Path) -> None:
    """It is one line that says which Python this is, and no file is made."""
    done = run_by_hand(kit, sys.executable, "-c", FAKE_AN_OLD_PYTHON)

    assert done == (1, "", f"Python 3.11 or newer is needed, this is 3.9: {sys.executable}\n")
    assert not (kit / "interview.db").exists()


def find(python: str) -> str | None:
    """Return where such a Python is, one that runs, of the system's or of pyenv's."""
    pyenvs = Path.home().glob(f".pyenv/versions/{python.removeprefix('python')}.*/bin/{python}")
    for found in (*pyenvs, shutil.which(python)):
        if found and subprocess.run([found, "-V"], capture_output=True, check=False).returncode == 0:
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
