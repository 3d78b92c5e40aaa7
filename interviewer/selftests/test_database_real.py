"""The real driver's own: hops to the thread, and statements that are cancelled while they run."""

import asyncio
import gc
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from infra.database import current_database, execute_sql, file, transaction
from infra.database.aiosqlite_driver import AiosqliteConnection, AiosqliteDriver
from infra.errors import DatabaseUnavailableError
from interviewer.selftests.drivers import RealStage, add, added, open_connections

SLOW = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 200000)
    SELECT max(n) AS n FROM numbers
"""
SLOW_WRITE = f"INSERT INTO campaigns (name, user_id) {SLOW.replace('max(n) AS n', 'max(n), 1')}"


@pytest.fixture
def stage(tmp_path: Path) -> RealStage:
    return RealStage(tmp_path / "interview.db")


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What each hop to a connection's thread is for."""
    hops = []
    execute = AiosqliteConnection._execute

    async def counted(self: AiosqliteConnection, what: object, *arguments: object) -> object:
        hops.append(str(arguments[1]) if len(arguments) > 1 else what.__name__)  # type: ignore[attr-defined]
        return await execute(self, what, *arguments)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(AiosqliteConnection, "_execute", counted)
    return hops


def test_each_operation_is_one_hop(stage: RealStage, hops: list[str]) -> None:
    """A read, a write, a BEGIN, a COMMIT and a ROLLBACK are one hop to the thread each."""
    insert = "INSERT INTO campaigns (name, user_id) VALUES (?, 1)"
    select = "SELECT name FROM campaigns WHERE user_id = 1 ORDER BY id"

    async def body() -> None:
        await added()
        await add("A")
        async with transaction():
            await add("B")
            await added()
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                _ = 1 / 0

    stage.run(body())

    assert hops == [
        *(select, insert),
        *("BEGIN IMMEDIATE", insert, select, "COMMIT"),
        *("BEGIN IMMEDIATE", "ROLLBACK"),
        *("close", "close"),
    ]


def test_connections_are_opened_when_needed_and_used_again(tmp_path: Path) -> None:
    """One task after another needs one connection to read, and one more to write."""

    class Counting(AiosqliteDriver):
        opened = 0

        async def connect(self) -> AiosqliteConnection:
            self.opened += 1
            return await super().connect()

    async def body() -> None:
        for _ in range(5):
            await added()
            await add("A")
            async with transaction():
                await add("B")

    stage = RealStage(tmp_path / "interview.db")
    stage.driver = driver = Counting(tmp_path / "interview.db")
    stage.run(body())

    assert driver.opened == 2


async def let_it_start(task: asyncio.Task[object]) -> None:
    """Let a task go as far as its statement's hop; the connections are open already."""
    for _ in range(3):
        await asyncio.sleep(0)
    assert not task.done()


@pytest.mark.parametrize(
    ("slow", "left"), [(lambda: execute_sql(SLOW), []), (lambda: execute_sql(SLOW_WRITE), [200000])]
)
def test_a_cancelled_statement_does_not_break_the_next(
    stage: RealStage, slow: Callable[[], Awaitable[object]], left: list[int]
) -> None:
    """After a cancel of what runs on the thread, the next statement gets its own answer."""

    async def body() -> tuple[bool, list[object], list[object]]:
        await add("warm")
        await execute_sql("DELETE FROM campaigns WHERE user_id = 1")
        task = asyncio.ensure_future(slow())
        await let_it_start(task)
        task.cancel()
        (answer,) = await execute_sql("SELECT 7 AS n")
        await asyncio.wait([task])
        async with transaction():
            await add("after")
        return task.cancelled(), [answer], await added()

    result = stage.run(body(), pool_size=1)

    assert result == (True, [{"n": 7}], [*map(str, left), "after"])


def test_a_statement_cancelled_in_a_transaction_is_rolled_back(stage: RealStage) -> None:
    """A cancel while a statement of a transaction runs waits for it, then undoes all."""

    async def work() -> None:
        async with transaction():
            await add("A")
            started.set()
            await execute_sql(SLOW_WRITE)

    async def body() -> tuple[bool, list[object]]:
        task = asyncio.create_task(work())
        await started.wait()
        await let_it_start(task)
        task.cancel()
        await asyncio.wait([task])
        await add("after")
        return task.cancelled(), await added()

    started = asyncio.Event()
    result = stage.run(body())

    assert result == (True, ["after"])


def test_a_transaction_cancelled_while_it_begins_is_not_left_open(stage: RealStage) -> None:
    """A cancel while BEGIN waits for another process leaves no transaction behind, once it can."""

    async def work() -> None:
        async with transaction():
            await add("A")

    async def body() -> list[object]:
        await open_connections(1)
        other.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(work())
        await let_it_start(task)
        task.cancel()
        await asyncio.sleep(0)
        other.execute("COMMIT")
        await asyncio.wait([task])
        await added()  # on the same connection
        await add("after")
        return await added()

    with closing(sqlite3.connect(stage.path, isolation_level=None)) as other:
        left = stage.run(body())

    assert left == ["after"]


def test_a_cancel_that_is_repeated_cleans_up_all_the_same(stage: RealStage) -> None:
    """A task that is cancelled again while its transaction is rolled back leaves nothing."""

    async def work() -> None:
        async with transaction():
            await add("A")
            started.set()
            await execute_sql(SLOW_WRITE)

    async def body() -> list[object]:
        task = asyncio.create_task(work())
        await started.wait()
        await let_it_start(task)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
        await asyncio.wait([task])
        async with transaction():
            await add("after")
        return await added()

    started = asyncio.Event()
    assert stage.run(body()) == ["after"]


def test_a_program_may_end_while_statements_run(stage: RealStage) -> None:
    """What still runs when the loop ends is waited for, and every connection is closed."""

    async def body() -> None:
        statements = (execute_sql(sql) for sql in (SLOW, SLOW_WRITE, SLOW))
        tasks.extend(map(asyncio.create_task, statements))
        await let_it_start(tasks[-1])

    tasks: list[asyncio.Task[object]] = []
    stage.run(body())
    gc.collect()

    assert [task.cancelled() for task in tasks] == [True, True, True]


def is_closed(connection: sqlite3.Connection) -> bool:
    try:
        return connection.total_changes < 0
    except sqlite3.ProgrammingError:
        return True


def test_a_connection_that_nobody_waits_for_any_more_is_closed(
    stage: RealStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tasks that are cancelled while their connections are being opened leave none open."""
    opened: list[sqlite3.Connection] = []
    connect = file.connect

    def noted(path: Path) -> sqlite3.Connection:
        opened.append(connect(path))
        return opened[-1]

    async def body() -> list[object]:
        tasks = [asyncio.create_task(added()) for _ in range(5)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        return await added()

    monkeypatch.setattr(file, "connect", noted)
    seen = stage.run(body())

    assert (seen, [is_closed(one) for one in opened]) == ([], [True] * 6)


def test_a_missing_file_is_told_at_the_first_statement(tmp_path: Path) -> None:
    """Without a database a statement says what to do, and so does every later one."""
    stage = RealStage(tmp_path / "interview.db")

    async def body() -> list[str]:
        (tmp_path / "interview.db").unlink()
        messages = []
        for _ in range(3):
            with pytest.raises(DatabaseUnavailableError) as caught:
                await added()
            messages.append(str(caught.value))
        with pytest.raises(DatabaseUnavailableError) as caught:
            async with transaction():
                await add("A")
        return [*messages, str(caught.value)]

    messages = stage.run(body(), pool_size=2)

    assert messages == ["interview.db is not there: run `make setup`, or `python setup_db.py`"] * 4


def test_a_moment_is_the_real_one(stage: RealStage) -> None:
    """The database's present is the computer's own, in UTC."""

    async def body() -> int:
        (row,) = await execute_sql("SELECT unixepoch('now') AS n")
        return int(row["n"] or 0)

    before = int(time.time())
    told = stage.run(body())

    assert before <= told <= time.time()


def test_a_database_can_be_closed_while_others_wait(stage: RealStage) -> None:
    """Closing ends what is open, and who writes afterwards is told."""

    async def hold() -> None:
        async with transaction():
            await add("A")
            started.set()
            await asyncio.Event().wait()

    async def body() -> None:
        task = asyncio.create_task(hold())
        await started.wait()
        task.cancel()
        await asyncio.wait([task])
        await current_database().close()
        with pytest.raises(sqlite3.ProgrammingError, match="the database is closed"):
            await add("B")

    started = asyncio.Event()
    stage.run(body())

    assert stage.run(added()) == []
