"""The database file among processes: they wait for each other, die, and cannot always write."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from infra.database import file, transaction
from infra.errors import DatabaseUnavailableError
from interviewer.selftests.drivers import FILL, RealStage, add, added

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 60

PROGRAM = """
import asyncio, os, resource, signal, sqlite3, sys
from pathlib import Path
import infra.database
from infra.database import execute_sql, file, transaction
from infra.errors import DatabaseUnavailableError
infra.database.DEFAULT_PATH = path = Path(sys.argv[1])
"""
"""How every program begins: with the database at the path that it is given."""


@contextmanager
def started(body: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, for the block. Warnings are errors there."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM + body, str(path)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def result_of(body: str, path: Path) -> tuple[int, str, str]:
    """Run a program to its end; return its exit code and what it wrote, to stdout and stderr."""
    with started(body, path) as process:
        out, err = process.communicate(timeout=TIMEOUT_SECONDS)
        return process.returncode, out, err


def names(path: Path) -> list[object]:
    with closing(sqlite3.connect(path)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM campaigns ORDER BY id")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file.create(tmp_path / "interview.db", FILL)
    return tmp_path / "interview.db"


def test_a_program_exits_by_itself(path: Path) -> None:
    """A program need not open or close anything; a second `asyncio.run` works like the first."""
    program = """
async def main(n):
    await asyncio.gather(*(execute_sql("SELECT 1") for _ in range(4)))
    async with transaction():
        await execute_sql("INSERT INTO campaigns (name, user_id) VALUES (?, 1)", [n])
    print(*[row["name"] for row in await execute_sql("SELECT name FROM campaigns")])

asyncio.run(main("A"))
asyncio.run(main("B"))
"""

    result = result_of(program, path)

    assert result == (0, "Winter news A\nWinter news A B\n", "")
    assert list(path.parent.iterdir()) == [path]


def test_a_program_exits_whatever_it_leaves(path: Path) -> None:
    """A program ends with tasks in the middle of things, by sys.exit, or with its loop open."""
    program = """
async def hold():
    async with transaction():
        await execute_sql("INSERT INTO campaigns (name, user_id) VALUES ('lost', 1)")
        held.set()
        await asyncio.Event().wait()

async def leave(how):
    global held, task
    held = asyncio.Event()
    task = asyncio.create_task(hold())
    await held.wait()
    how()

try:
    asyncio.run(leave(lambda: sys.exit(7)))
except SystemExit as exit:
    print("exit", exit.code)
asyncio.run(leave(lambda: print("returned")))

async def main():
    await execute_sql("INSERT INTO campaigns (name, user_id) VALUES ('kept', 1)")
    print("never closed")

import warnings
warnings.simplefilter("ignore")
asyncio.new_event_loop().run_until_complete(main())
"""

    result = result_of(program, path)

    assert result == (0, "exit 7\nreturned\nnever closed\n", "")
    assert names(path) == ["Winter news", "kept"]


def test_processes_wait_for_each_other(path: Path) -> None:
    """Two processes that increment the same row, each in its own way, never lose an update."""
    program = """
async def main():
    for _ in range(40):
        async with transaction():
            (job,) = await execute_sql("SELECT retry_count AS n FROM jobs WHERE id = 1")
            await execute_sql("UPDATE jobs SET retry_count = ? WHERE id = 1", [job["n"] + 1])
        await execute_sql("UPDATE jobs SET retry_count = retry_count + 1 WHERE id = 1")
    print("done")

print("ready", flush=True)
sys.stdin.readline()
asyncio.run(main())
"""
    command = [sys.executable, "-c", PROGRAM + program, str(path)]
    others = [
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for other in others:
        assert other.stdout
        assert other.stdout.readline() == "ready\n"

    outs = [other.communicate("go\n", timeout=TIMEOUT_SECONDS)[0] for other in others]

    with closing(sqlite3.connect(path)) as connection:
        counted = connection.execute("SELECT retry_count FROM jobs WHERE id = 1").fetchone()
    assert (outs, counted) == (["done\n", "done\n"], (160,))


def test_a_process_that_is_killed_leaves_nothing_of_its_transaction(path: Path) -> None:
    """After a SIGKILL in a transaction nothing of it is there, and others can write at once."""
    program = """
async def main():
    async with transaction():
        await execute_sql("INSERT INTO campaigns (name, user_id) VALUES ('lost', 1)")
        print("in the middle", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""

    with started(program, path) as process:
        assert process.stdout
        told = process.stdout.readline()
        process.kill()
        code = process.wait(TIMEOUT_SECONDS)
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        connection.execute("INSERT INTO campaigns (name, user_id) VALUES ('after', 1)")
        connection.commit()

    assert (told, code) == ("in the middle\n", -signal.SIGKILL)
    assert names(path) == ["Winter news", "after"]


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

for act in (file.connect, lambda path: file.create(path, LARGE)):
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


def test_a_statement_that_waits_too_long_for_another_process_fails(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write is told that the database is locked when another process does not let go."""
    monkeypatch.setattr(file, "BUSY_TIMEOUT_SECONDS", 0.02)
    stage = RealStage(path)

    async def write_in_transaction() -> None:
        async with transaction():
            await add("A")

    messages = []
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for write in (add("A"), write_in_transaction()):
            with pytest.raises(sqlite3.OperationalError) as caught:
                stage.run(write)
            messages.append(str(caught.value))

    assert [message.startswith("database is locked") for message in messages] == [True, True]
