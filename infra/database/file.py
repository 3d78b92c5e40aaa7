"""The database file: opening it, telling what is wrong with it, and making it afresh."""

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

from infra.errors import DatabaseUnavailableError

DEFAULT_PATH = Path(__file__).resolve().parents[2] / "interview.db"
SCHEMA = (Path(__file__).parent / "schema.sql").read_text(encoding="utf-8")
SCHEMA_VERSION = 1
APPLICATION_ID = 0x4A6F6253
"""Marks a file as one of ours, so that nothing else is ever overwritten."""

BUSY_TIMEOUT_SECONDS = 5.0
"""How long SQLite waits for another process that is writing."""

# NORMAL: in WAL mode a commit is atomic without an fsync each; a power cut may lose the last few.
SESSION_PRAGMAS = "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;"


def connect(path: Path) -> sqlite3.Connection:
    """Open a database that `create` has made.

    Raises DatabaseUnavailableError, in one line, when there is none or it cannot be used.
    """
    if not path.exists():
        raise DatabaseUnavailableError(
            f"{path.name} is not there: run `make setup`, or `python setup_db.py`"
        )
    connection = None
    try:
        connection = _open(path)
        _check_ours(connection, path)
        connection.executescript(SESSION_PRAGMAS)
    except sqlite3.DatabaseError as error:
        if connection:
            connection.close()
        raise _unavailable(path, error) from None
    return connection


def create(path: Path, fill: str = "") -> None:
    """Make the database afresh, with the schema and what the SQL of `fill` puts in it.

    All in one transaction: on an error, or when the process is killed, what was there stays.
    Raises DatabaseUnavailableError, in one line, for a file that is not ours, is of another
    version, is in use, or cannot be written.
    """
    try:
        with closing(_open(path)) as connection:
            _check_replaceable(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
            # One script: Python commits before each, so a second would end the first's work.
            connection.executescript(
                f"""
                BEGIN EXCLUSIVE;
                {_drop_all(connection)}
                {SCHEMA}
                {fill}
                PRAGMA application_id = {APPLICATION_ID};
                PRAGMA user_version = {SCHEMA_VERSION};
                COMMIT;
                """
            )
    except sqlite3.DatabaseError as error:
        raise _unavailable(path, error) from None


@cache
def known_names() -> frozenset[str]:
    """Return the names of all tables and columns of the schema."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMA)
        return frozenset(
            name
            for row in connection.execute(
                "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c"
            )
            for name in row
        )


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        path,
        timeout=BUSY_TIMEOUT_SECONDS,
        isolation_level=None,
        cached_statements=256,
    )


def _check_ours(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection)
    if version is None and _is_empty(connection):
        raise DatabaseUnavailableError(f"{path.name} is not set up: run `python setup_db.py`")
    if version is None:
        raise DatabaseUnavailableError(
            f"{path.name} is not a database of this kit: move it away, then run `make setup`"
        )
    if version != SCHEMA_VERSION:
        raise DatabaseUnavailableError(
            f"{path.name} has schema version {version}, this kit needs {SCHEMA_VERSION}: "
            "move it away, then run `make setup`"
        )


def _check_replaceable(connection: sqlite3.Connection, path: Path) -> None:
    if not _is_empty(connection):
        _check_ours(connection, path)


def _is_empty(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def _version(connection: sqlite3.Connection) -> int | None:
    """Return the schema version, or `None` for a database that is not ours."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version) if application == APPLICATION_ID else None


def _drop_all(connection: sqlite3.Connection) -> str:
    # Foreign keys are off on this connection, so the order does not matter. A name may have been
    # chosen by anyone; SQLite's own tables stay, and lose their rows with the tables they tell of.
    made = connection.execute(
        """
        SELECT type, replace(name, '"', '""')
        FROM sqlite_master
        WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*'
        """
    )
    return " ".join(f'DROP {kind} IF EXISTS "{name}";' for kind, name in made)


def _unavailable(path: Path, error: sqlite3.DatabaseError) -> DatabaseUnavailableError:
    if isinstance(error, DatabaseUnavailableError):
        return error
    reason = str(error)
    if "not a database" in reason or "malformed" in reason:
        advice = "is not an SQLite database: move it away, then run `make setup`"
    elif "locked" in reason:
        advice = "is in use by another process: stop that one, then try again"
    elif "readonly" in reason or "unable to open" in reason:
        advice = f"cannot be written: make {path.parent} writable, or use another folder"
    elif "full" in reason:
        advice = "cannot be written, the disk is full: free some space, then try again"
    else:
        advice = f"cannot be used: {reason}"
    return DatabaseUnavailableError(f"{path.name} {advice}")
