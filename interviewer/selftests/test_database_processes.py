"""The database file among processes: they end by themselves, wait for each other, and die."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from infra.database import file, transaction
from interviewer.selftests.drivers import FILL, RealStage, add
from interviewer.selftests.processes import TIMEOUT_SECONDS, names, result_of, started


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
    with started(program, path) as first, started(program, path) as second:
        for process in (first, second):
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in (first, second):
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        outs = [process.communicate(timeout=TIMEOUT_SECONDS) for process in (first, second)]

    with closing(sqlite3.connect(path)) as connection:
        counted = connection.execute("SELECT retry_count FROM jobs WHERE id = 1").fetchone()
    assert (outs, counted) == ([("done\n", "")] * 2, (160,))


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
