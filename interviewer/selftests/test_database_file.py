"""The database file: made afresh, or left alone and told in one line why."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from infra.database import file
from infra.errors import DatabaseUnavailableError

FILL = "INSERT INTO campaigns (name, user_id) VALUES ('Winter news', 1);"
MOVE_IT = "move it away, then run `make setup`"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "interview.db"


@pytest.fixture(autouse=True)
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody here lets go of a lock, so there is nothing to wait for."""
    monkeypatch.setattr(file, "BUSY_TIMEOUT_SECONDS", 0.02)


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.execute(sql))


def script(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)


def refusal(act: Callable[[Path], object], path: Path) -> str:
    """The message with which something cannot be done; it is always one line."""
    with pytest.raises(DatabaseUnavailableError) as caught:
        act(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


def create_filled(path: Path) -> None:
    file.create(path, FILL)


def make_garbage(path: Path) -> None:
    path.write_bytes(b"Dear diary, today I was not an SQLite database.\n" * 400)


def make_damaged(path: Path) -> None:
    """A file that begins like a database of ours, and is garbage from its second page on."""
    create_filled(path)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:4096] + b"\xa5" * (size - 4096))


def make_foreign(path: Path) -> None:
    script(path, "CREATE TABLE photos (id INTEGER PRIMARY KEY); INSERT INTO photos VALUES (7);")


def make_of_other_version(path: Path) -> None:
    create_filled(path)
    script(path, "PRAGMA user_version = 99")


def test_a_new_database_has_the_schema_and_its_filling(path: Path) -> None:
    """`create` makes a file that `connect` opens, in WAL mode, with foreign keys enforced."""
    create_filled(path)

    with closing(file.connect(path)) as connection:
        (rows,) = connection.execute("SELECT id, name, status FROM campaigns")
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
        (keys,) = connection.execute("PRAGMA foreign_keys").fetchone()
    assert (rows, journal, keys) == ((1, "Winter news", "active"), "wal", 1)


def test_a_database_is_made_afresh(path: Path) -> None:
    """`create` leaves nothing of what was there: no rows, no ids, nothing that others made."""
    create_filled(path)
    script(
        path,
        """
        INSERT INTO campaigns (id, name, user_id) VALUES (70, 'old', 1);
        INSERT INTO jobs (campaign_id, customer_email) VALUES (70, 'old');
        INSERT INTO job_steps (job_id, step_name) VALUES (1, 'done');
        CREATE TABLE [my "notes"] (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT);
        INSERT INTO [my "notes"] (at) VALUES ('now');
        CREATE INDEX mine ON jobs (customer_email);
        CREATE VIEW open_jobs AS SELECT * FROM jobs;
        CREATE TRIGGER on_view INSTEAD OF DELETE ON open_jobs BEGIN SELECT 1; END;
        CREATE TRIGGER on_job AFTER DELETE ON jobs BEGIN SELECT raise(ABORT, 'no'); END;
        ANALYZE;
        """,
    )

    create_filled(path)

    schema = "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    assert query(path, "SELECT id, name FROM campaigns") == [(1, "Winter news")]
    assert query(path, "SELECT count(*) FROM jobs") == [(0,)]
    assert [name for (name,) in query(path, schema)] == [
        "campaigns",
        "job_steps",
        "jobs",
        "jobs_by_status",
        "jobs_by_status_and_age",
        "jobs_by_status_and_due",
        "jobs_by_status_due_and_age",
    ]


def test_an_idle_connection_does_not_stand_in_the_way(path: Path) -> None:
    """A database that somebody has open, without a transaction, is made afresh all the same."""
    create_filled(path)

    with closing(file.connect(path)) as other:
        before = other.execute("SELECT count(*) FROM campaigns").fetchone()
        file.create(path)
        after = other.execute("SELECT count(*) FROM campaigns").fetchone()

    assert (before, after) == ((1,), (0,))


def test_a_missing_file_is_not_made_by_connecting(path: Path) -> None:
    """`connect` says that there is no file, and makes none."""
    message = refusal(file.connect, path)

    assert message == "interview.db is not there: run `make setup`, or `python setup_db.py`"
    assert list(path.parent.iterdir()) == []


def test_an_empty_file_can_be_filled(path: Path) -> None:
    """An empty file is told by `connect` to be not set up, and `create` may use it."""
    path.touch()

    message = refusal(file.connect, path)
    create_filled(path)

    assert message == "interview.db is not set up: run `python setup_db.py`"
    assert query(path, "SELECT name FROM campaigns") == [("Winter news",)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            make_garbage,
            f"interview.db is not an SQLite database: {MOVE_IT}",
        ),
        (
            make_foreign,
            f"interview.db is not a database of this kit: {MOVE_IT}",
        ),
        (
            make_of_other_version,
            f"interview.db has schema version 99, this kit needs {file.SCHEMA_VERSION}: {MOVE_IT}",
        ),
    ],
)
@pytest.mark.parametrize("act", [file.connect, create_filled])
def test_a_file_that_is_not_ours_is_left_alone(
    path: Path,
    make: Callable[[Path], None],
    message: str,
    act: Callable[[Path], object],
) -> None:
    """Neither `connect` nor `create` changes a byte of it, or leaves a file beside it."""
    make(path)
    before = path.read_bytes()

    told = refusal(act, path)

    assert (told, path.read_bytes(), list(path.parent.iterdir())) == (message, before, [path])


@pytest.mark.parametrize("act", [file.connect, create_filled])
def test_a_folder_is_no_database(path: Path, act: Callable[[Path], object]) -> None:
    """A folder in the place of the file is told in one line."""
    path.mkdir()

    message = refusal(act, path)

    assert message == (
        f"interview.db cannot be written: make {path.parent} writable, or use another folder"
    )


def test_a_damaged_file_is_told_in_one_line(path: Path) -> None:
    """A database whose schema can no longer be read is not opened, and not overwritten."""
    make_damaged(path)
    before = path.read_bytes()

    told = refusal(create_filled, path)

    assert told.startswith("interview.db ")
    assert path.read_bytes() == before


@pytest.fixture(params=["IMMEDIATE", "EXCLUSIVE"])
def locked(request: pytest.FixtureRequest, path: Path) -> Iterator[Path]:
    """A database with another's transaction in it."""
    create_filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(f"BEGIN {request.param}")
        other.execute("UPDATE campaigns SET name = 'changed'")
        yield path
        other.execute("COMMIT")


def test_a_database_in_use_is_not_made_afresh(locked: Path) -> None:
    """While another process writes, `create` says that the database is in use."""
    message = refusal(create_filled, locked)

    assert message == "interview.db is in use by another process: stop that one, then try again"


def test_a_database_locked_outright_is_told_in_one_line(path: Path) -> None:
    """When another process keeps everybody out, both `connect` and `create` say so."""
    create_filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE campaigns SET name = 'changed'")
        other.execute("COMMIT")

        messages = {refusal(file.connect, path), refusal(create_filled, path)}

    assert messages == {"interview.db is in use by another process: stop that one, then try again"}
    assert query(path, "SELECT name FROM campaigns") == [("changed",)]


def test_a_full_disk_leaves_what_was_there(path: Path) -> None:
    """When the disk is full `create` says so, and the old database is whole."""
    create_filled(path)
    too_much = """
        PRAGMA max_page_count = 20;
        INSERT INTO campaigns (name, user_id) VALUES (zeroblob(1000000), 1);
    """

    message = refusal(lambda path: file.create(path, too_much), path)

    assert message == (
        "interview.db cannot be written, the disk is full: free some space, then try again"
    )
    assert query(path, "SELECT name FROM campaigns") == [("Winter news",)]


def test_a_filling_that_fails_leaves_what_was_there(path: Path) -> None:
    """An error in the middle of `create` undoes all of it, the dropping of tables too."""
    create_filled(path)

    message = refusal(lambda path: file.create(path, "INSERT INTO nope VALUES (1);"), path)

    assert message == "interview.db cannot be used: no such table: nope"
    assert query(path, "SELECT name FROM campaigns") == [("Winter news",)]


def test_all_names_are_known() -> None:
    """The names that an error can suggest are those of the tables and their columns."""
    assert {"campaigns", "jobs", "job_steps", "customer_email", "output_data"} < file.known_names()
