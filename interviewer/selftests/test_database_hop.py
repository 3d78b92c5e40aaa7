"""The hop to a connection's thread and back, as whoever awaits an answer meets it."""

import asyncio
import math
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from contextvars import ContextVar
from pathlib import Path
from unittest.mock import Mock

import pytest

from infra.database import file, hop
from infra.database.aiosqlite_driver import AiosqliteConnection, AiosqliteDriver
from infra.database.hop import Answer, Inbox, serve

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


LAST = object()


@pytest.mark.parametrize(("seconds", "trips"), [(math.inf, 1), (-1, 2)])
async def test_answers_go_to_the_loop_together_for_a_while(
    seconds: float, trips: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as there is more to do, but not for longer than was said; an error is one of them."""
    monkeypatch.setattr(hop, "TOGETHER_SECONDS", seconds)
    loop = asyncio.get_running_loop()
    tell = Mock(wraps=loop.call_soon_threadsafe)
    monkeypatch.setattr(loop, "call_soon_threadsafe", tell)
    right, wrong, inbox = Answer[int](), Answer[int](), Inbox()
    inbox.put_nowait((right, lambda: 7))
    inbox.put_nowait((wrong, lambda: 1 // 0))
    inbox.put_nowait((None, lambda: LAST))

    serve(inbox, LAST)

    assert not right.done()
    assert await right == 7
    with pytest.raises(ZeroDivisionError):
        await wrong
    assert tell.call_count == trips


def test_ctrl_c_in_one_task_leaves_no_other_waiting() -> None:
    """Those whose answers came together with its one go on in the next turn."""
    inbox = Inbox()

    async def ask(call: Callable[[], object]) -> object:
        answer = Answer[object]()
        inbox.put_nowait((answer, call))
        return await answer

    async def interrupted() -> None:
        await ask(lambda: 6)
        raise KeyboardInterrupt

    with closing(asyncio.new_event_loop()) as loop:
        one, other = loop.create_task(interrupted()), loop.create_task(ask(lambda: 7))
        loop.call_soon(inbox.put_nowait, (None, lambda: LAST))
        loop.call_soon(serve, inbox, LAST)
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(other)

        assert isinstance(one.exception(), KeyboardInterrupt)
        assert loop.run_until_complete(other) == 7


def test_of_a_loop_that_is_closed_nobody_is_told() -> None:
    """The thread does what is left, and ends."""
    inbox = Inbox()

    async def ask() -> None:
        inbox.put_nowait((Answer(), list))

    asyncio.run(ask())
    inbox.put_nowait((None, lambda: LAST))

    serve(inbox, LAST)

    assert inbox.is_empty()
