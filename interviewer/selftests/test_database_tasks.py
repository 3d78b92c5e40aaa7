"""Several tasks at once: what they see of each other's transactions, and who waits for whom."""

import asyncio

import pytest

from infra.database import execute_sql, transaction
from infra.models import Job
from interviewer.selftests.drivers import add, added, on_both_drivers, open_connections


async def let_others_run() -> None:
    """Let every other task go as far as it gets by itself."""
    for _ in range(20):
        await asyncio.sleep(0)


@on_both_drivers()
async def test_a_child_does_not_join_its_parents_transaction() -> None:
    """A task started inside a transaction sees what is committed, not what its parent did."""
    async with transaction():
        await add("A")
        by_task = await asyncio.create_task(added())
        (by_gather,) = await asyncio.gather(added())
        by_itself = await added()

    assert (by_task, by_gather, by_itself) == ([], [], ["A"])


@on_both_drivers()
async def test_a_childs_write_is_not_undone_with_its_parent() -> None:
    """What a task started inside a transaction writes is its own: it waits, and stays."""
    children = []

    async def fail() -> None:
        async with transaction():
            await add("parent")
            children.append(asyncio.create_task(add("child")))
            await let_others_run()
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        await fail()
    await asyncio.gather(*children)

    assert await added() == ["child"]


@on_both_drivers()
async def test_a_childs_transaction_is_its_own() -> None:
    """A transaction of a task started inside another one is no savepoint of it: it waits."""

    async def work() -> None:
        async with transaction():
            await add("child")

    async with transaction():
        await add("A")
        child = asyncio.create_task(work())
        await let_others_run()
        await add("B")
    await child

    assert await added() == ["A", "B", "child"]


@on_both_drivers()
async def test_a_transaction_is_left_by_the_task_that_entered_it() -> None:
    """Another task that would end a transaction is refused, and the transaction stays open."""
    opened = transaction()
    await opened.__aenter__()
    await add("A")

    with pytest.raises(RuntimeError, match="must be left by the task that entered it"):
        await asyncio.create_task(opened.__aexit__(None, None, None))
    await add("B")
    await opened.__aexit__(None, None, None)

    assert await added() == ["A", "B"]


@on_both_drivers()
async def test_a_reader_sees_what_is_committed_and_does_not_wait() -> None:
    """Beside an open transaction reads give the state before it, until it commits."""
    seen = []

    async def write() -> None:
        async with transaction():
            await add("A")
            written.set()
            await read.wait()
            await add("B")

    written, read = asyncio.Event(), asyncio.Event()
    writer = asyncio.create_task(write())
    await written.wait()

    seen.append(await added())
    seen.append(await added())
    read.set()
    await writer
    seen.append(await added())

    assert seen == [[], [], ["A", "B"]]


@on_both_drivers()
async def test_transactions_come_one_after_another() -> None:
    """Two transactions at once do not mix: the second begins when the first has ended."""
    steps = []

    async def work(name: str) -> None:
        async with transaction():
            steps.append(f"{name} begins")
            await add(name)
            await let_others_run()
            steps.append(f"{name} ends, having seen {len(await added())}")

    await open_connections(2)
    await asyncio.gather(work("A"), work("B"))

    assert steps == ["A begins", "A ends, having seen 1", "B begins", "B ends, having seen 2"]


@on_both_drivers()
async def test_a_statement_by_itself_waits_for_an_open_transaction() -> None:
    """A write outside any transaction waits for another task's transaction, then goes through."""
    steps = []

    async def write() -> None:
        await add("by itself")
        steps.append("written")

    async with transaction():
        await add("A")
        writer = asyncio.create_task(write())
        await let_others_run()
        await add("B")
        steps.append("committing")
    await writer

    assert (steps, await added()) == (["committing", "written"], ["A", "B", "by itself"])


@on_both_drivers()
async def test_increments_in_transactions_are_never_lost() -> None:
    """Tasks that read, then write what they read plus one, count correctly in a transaction."""

    async def increment() -> None:
        for _ in range(5):
            async with transaction():
                (job,) = await execute_sql("SELECT * FROM jobs WHERE id = 1", model=Job)
                await asyncio.sleep(0)
                await execute_sql(
                    "UPDATE jobs SET retry_count = ? WHERE id = 1", [job.retry_count + 1]
                )

    await asyncio.gather(*(increment() for _ in range(12)))

    assert await execute_sql("SELECT retry_count FROM jobs WHERE id = 1") == [{"retry_count": 60}]


@on_both_drivers()
async def test_increments_in_one_statement_are_never_lost() -> None:
    """Statements that commit by themselves count correctly among transactions."""
    sql = "UPDATE jobs SET retry_count = retry_count + 1 WHERE id = 1"

    async def in_statements() -> None:
        for _ in range(5):
            await execute_sql(sql)

    async def in_transactions() -> None:
        for _ in range(5):
            async with transaction():
                await execute_sql(sql)

    await asyncio.gather(*(work() for _ in range(12) for work in (in_statements, in_transactions)))

    assert await execute_sql("SELECT retry_count FROM jobs WHERE id = 1") == [{"retry_count": 120}]


@on_both_drivers()
async def test_a_compare_and_set_is_won_once() -> None:
    """Of many tasks that claim the same row with one UPDATE, one is told that it did."""
    claim = "UPDATE jobs SET status = 'processing' WHERE id = 1 AND status = 'pending'"

    results = await asyncio.gather(*(execute_sql(claim) for _ in range(30)))

    assert sorted(result.rowcount for result in results) == [0] * 29 + [1]


@on_both_drivers()
async def test_a_transaction_is_not_starved_by_statements() -> None:
    """A transaction gets its turn although other tasks write by themselves without a pause."""

    async def write_until_done() -> None:
        while not done.is_set():
            await execute_sql("UPDATE jobs SET retry_count = retry_count + 1 WHERE id = 1")

    done = asyncio.Event()
    writers = [asyncio.create_task(write_until_done()) for _ in range(3)]
    await execute_sql("SELECT 1")
    async with transaction():
        await add("A")
    done.set()
    await asyncio.gather(*writers)

    assert await added() == ["A"]
