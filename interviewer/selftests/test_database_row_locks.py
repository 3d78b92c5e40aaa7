"""Row locks as PostgreSQL has them, on SQLite; and the words that are not for `execute_sql`."""

import asyncio
import sqlite3

import pytest

from infra.database import execute_sql, transaction
from interviewer.selftests.drivers import on_both_drivers


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM jobs ORDER BY id LIMIT 1 FOR UPDATE",
        "SELECT id FROM jobs ORDER BY id FOR UPDATE LIMIT 1",
        "SELECT id FROM jobs ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
        "SELECT id FROM jobs ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1",
        "SELECT id FROM jobs ORDER BY id FOR UPDATE NOWAIT LIMIT 1",
        "select id from jobs order by id limit 1 for update skip locked;",
        "Select id From jobs Order By id Limit 1 For Update NoWait",
        "SELECT id\nFROM jobs\nORDER BY id\nLIMIT 1\nFOR\n  UPDATE\n\tSKIP\n  LOCKED\n",
        "SELECT id FROM jobs ORDER BY id LIMIT 1 FOR NO KEY UPDATE",
        "SELECT id FROM jobs ORDER BY id LIMIT 1 FOR SHARE NOWAIT",
        "SELECT id FROM jobs ORDER BY id LIMIT 1 FOR KEY SHARE",
        "SELECT id FROM jobs j ORDER BY id LIMIT 1 FOR UPDATE OF j SKIP LOCKED",
        "SELECT j.id FROM jobs j JOIN campaigns c ORDER BY j.id LIMIT 1 FOR UPDATE OF j, c NOWAIT",
        "SELECT id FROM (SELECT id FROM jobs FOR UPDATE) ORDER BY id LIMIT 1 FOR UPDATE",
        "WITH next AS (SELECT id FROM jobs ORDER BY id LIMIT 1 FOR UPDATE) SELECT id FROM next",
        "SELECT id FROM jobs -- the oldest\nORDER BY id LIMIT 1 /* mine\nalone */ FOR UPDATE",
    ],
)
@on_both_drivers()
async def test_row_locks_are_accepted_wherever_they_stand(sql: str) -> None:
    """A SELECT with a row lock gives its rows, in any case, before or after LIMIT, on any lines."""
    async with transaction():
        rows = await execute_sql(sql)

    assert rows == [{"id": 1}]


@on_both_drivers()
async def test_a_claim_in_one_update_is_accepted() -> None:
    """A row lock may stand in the subquery of an UPDATE, as in the classic claim."""
    claim = """
        UPDATE jobs
        SET status = 'processing'
        WHERE id = (
            SELECT id FROM jobs
            WHERE status = 'pending'
            ORDER BY id
            LIMIT 1
            FOR UPDATE SKIP LOCKED
        )
        RETURNING id
    """

    claimed = [await execute_sql(claim) for _ in range(3)]

    assert claimed == [[{"id": 1}], [{"id": 2}], []]


@on_both_drivers()
async def test_texts_comments_and_names_are_left_alone() -> None:
    """Words of a row lock inside a string or a quoted name are no row lock."""
    (row,) = await execute_sql(
        """
        SELECT 'wait FOR UPDATE it''s FOR UPDATE' AS "for update",
               'a -- b' AS [FOR SHARE],
               '/* no' AS `for key share`, -- don't FOR UPDATE
               ? AS x /* it's not 'FOR UPDATE */
        """,
        ["FOR UPDATE"],
    )

    assert row == {
        "for update": "wait FOR UPDATE it's FOR UPDATE",
        "FOR SHARE": "a -- b",
        "for key share": "/* no",
        "x": "FOR UPDATE",
    }


@on_both_drivers()
async def test_a_placeholder_in_a_comment_or_a_text_takes_no_parameter() -> None:
    """Only a `?` that SQLite sees is a placeholder."""
    rows = await execute_sql("SELECT '?' AS a, ? AS b -- why?\n /* really? */", [7])

    assert rows == [{"a": "?", "b": 7}]


@on_both_drivers()
async def test_rows_that_are_locked_stay_the_same_until_the_commit() -> None:
    """Inside a transaction the rows that were read are this task's: another writer waits."""
    order = []

    async def hold() -> None:
        async with transaction():
            (job,) = await execute_sql("SELECT status FROM jobs WHERE id = 1 FOR UPDATE")
            order.append(("held", job["status"]))
            locked.set()
            await execute_sql("SELECT count(*) FROM jobs")
            (job,) = await execute_sql("SELECT status FROM jobs WHERE id = 1")
            order.append(("still", job["status"]))

    async def change() -> None:
        await locked.wait()
        await execute_sql("UPDATE jobs SET status = 'failed' WHERE id = 1")
        order.append(("changed", "failed"))

    locked = asyncio.Event()
    await asyncio.gather(hold(), change())

    assert order == [("held", "pending"), ("still", "pending"), ("changed", "failed")]


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("BEGIN", "BEGIN"),
        ("begin immediate", "BEGIN"),
        ("  COMMIT;", "COMMIT"),
        ("END", "END"),
        ("ROLLBACK", "ROLLBACK"),
        ("-- start\nBEGIN", "BEGIN"),
        ("/* start */ Begin Exclusive", "BEGIN"),
        (";COMMIT", "COMMIT"),
    ],
)
@on_both_drivers()
async def test_transactions_are_not_begun_or_ended_by_hand(sql: str, word: str) -> None:
    """A statement that would begin or end a transaction is refused, inside one and outside."""
    advice = f"{word} is not for execute_sql: write `async with transaction():` around it all"

    with pytest.raises(sqlite3.ProgrammingError) as outside:
        await execute_sql(sql)
    async with transaction():
        await execute_sql("DELETE FROM jobs WHERE id = 1")
        with pytest.raises(sqlite3.ProgrammingError) as inside:
            await execute_sql(sql)
        await execute_sql("DELETE FROM jobs WHERE id = 2")

    assert (str(outside.value), str(inside.value)) == (advice, advice)
    assert await execute_sql("SELECT count(*) AS n FROM jobs") == [{"n": 0}]


@on_both_drivers()
async def test_a_statement_that_only_looks_like_one_of_those_runs() -> None:
    """A first word that only begins like BEGIN or END, or stands in quotes, is no such word."""
    rows = await execute_sql("SELECT 'BEGIN' AS begin_, CASE WHEN 1 THEN 2 END AS end_")

    assert rows == [{"begin_": "BEGIN", "end_": 2}]
