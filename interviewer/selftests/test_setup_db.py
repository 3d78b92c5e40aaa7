"""`setup_db.py`: it makes `interview.db` afresh, and leaves alone what is not its own."""

import sqlite3
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


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the database is, instead of beside the kit."""
    monkeypatch.setattr(file, "DEFAULT_PATH", tmp_path / "interview.db")
    monkeypatch.setattr(file, "BUSY_TIMEOUT_SECONDS", 0)
    return tmp_path / "interview.db"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(setup_db.main, [str(argument) for argument in arguments])


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
    do(path, "PRAGMA user_version = 2")


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
            "has schema version 2, this kit needs 1: move it away, then run `make setup`",
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
