"""The hop to a connection's thread and back, as whoever awaits an answer meets it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextvars import ContextVar
from pathlib import Path

import pytest

from infra.database import file
from infra.database.aiosqlite_driver import AiosqliteConnection, AiosqliteDriver
from infra.database.hop import Inbox

NAME: ContextVar[str] = ContextVar("name")


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[AiosqliteConnection]:
    """A connection to a new database."""
    path = tmp_path / "hop.db"
    file.create(path)
    connection = await AiosqliteDriver(path).connect()
    yield connection
    await connection.close()


async def test_an_answer_can_be_awaited_when_it_is_there_already(
    connection: AiosqliteConnection,
) -> None:
    """Who asks first and awaits later gets it all the same, without a wait."""
    early = connection.run("SELECT 1")

    later = await connection.run("SELECT 2")

    assert early.done()
    assert (await early).rows + later.rows == [(1,), (2,)]


async def test_an_error_comes_out_where_it_is_awaited(connection: AiosqliteConnection) -> None:
    """The task that asked hears of it, and the thread goes on."""
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await connection.run("SELECT * FROM nowhere")

    assert (await connection.run("SELECT 1")).rows == [(1,)]


async def test_who_is_cancelled_stops_waiting(connection: AiosqliteConnection) -> None:
    """The statement is done even so; what comes of it is for nobody."""

    async def write() -> None:
        await connection.run("INSERT INTO campaigns (name, user_id) VALUES ('A', 1)")

    task = asyncio.create_task(write())
    await asyncio.sleep(0)
    task.cancel("enough")

    with pytest.raises(asyncio.CancelledError, match="enough"):
        await task
    assert (await connection.run("SELECT count(*) FROM campaigns")).rows == [(1,)]


async def test_a_task_that_is_cancelled_before_it_begins_to_wait_does_not_wait(
    connection: AiosqliteConnection,
) -> None:
    """A cancel that comes first takes effect at the next await, as with any future."""

    async def read() -> None:
        task = asyncio.current_task()
        assert task
        task.cancel()
        await connection.run("SELECT 1")

    task = asyncio.create_task(read())

    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await connection.run("SELECT 2")).rows == [(2,)]


async def test_a_task_goes_on_in_its_own_context(connection: AiosqliteConnection) -> None:
    """What each task has set is there after its wait, and nobody else's."""

    async def read(name: str) -> str:
        NAME.set(name)
        await connection.run("SELECT 1")
        return NAME.get()

    assert [*await asyncio.gather(read("Ada"), read("Grace"))] == ["Ada", "Grace"]
    assert NAME.get("nobody") == "nobody"


async def test_a_timeout_ends_the_wait(connection: AiosqliteConnection) -> None:
    """A statement that takes too long is waited for no longer than that."""
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n"

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await connection.run(f"{endless} LIMIT 300000")

    assert (await connection.run("SELECT 1")).rows == [(1,)]


def test_who_asks_after_the_end_writes_to_nobodys_file(tmp_path: Path) -> None:
    """The pipe's numbers may be those of other files by then; they get nothing."""
    inbox = Inbox()
    inbox.close()
    others = [(tmp_path / name).open("w+b") for name in ("a", "b", "c")]

    inbox.put_nowait((None, list))

    for other in others:
        other.close()
    assert [(tmp_path / name).read_bytes() for name in ("a", "b", "c")] == [b"", b"", b""]
