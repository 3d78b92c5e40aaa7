"""What the database refuses, and what its errors say."""

import asyncio
import sqlite3

import pytest

from infra.database import execute_sql, transaction
from interviewer.selftests.drivers import add, added, on_both_drivers


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (
            "SELECT customer_mail FROM jobs",
            "no such column: customer_mail (did you mean 'customer_email'?)",
        ),
        (
            "SELECT j.statuss\n  FROM jobs j",
            "no such column: j.statuss (did you mean 'status'?)",
        ),
        (
            "UPDATE jobs SET workerid = 'w'",
            "no such column: workerid (did you mean 'worker_id'?)",
        ),
        (
            "INSERT INTO jobs (campain_id) VALUES (1)",
            "table jobs has no column named campain_id (did you mean 'campaign_id'?)",
        ),
        ("DELETE FROM job", "no such table: job (did you mean 'jobs'?)"),
        ("SELEC 1", 'near "SELEC": syntax error'),
    ],
)
@on_both_drivers()
async def test_an_error_shows_the_statement_and_the_nearest_right_name(sql: str, told: str) -> None:
    """SQLite's error comes with the statement in one line, and the name that was meant."""
    with pytest.raises(sqlite3.OperationalError) as caught:
        await execute_sql(sql)

    assert str(caught.value) == f"{told}, in: {' '.join(sql.split())}"


@on_both_drivers()
async def test_an_error_shows_the_beginning_of_a_long_statement() -> None:
    """Of a statement with more than 200 characters an error shows the first ones."""
    with pytest.raises(sqlite3.OperationalError) as caught:
        await execute_sql(f"SELECT nope({'1, ' * 100}1)")

    assert str(caught.value) == f"no such function: nope, in: SELECT nope({'1, ' * 61}1,…"


@on_both_drivers()
async def test_an_error_shows_one_of_many_rows_alike() -> None:
    """Rows of placeholders that are all the same are shown once, however many there are."""
    with pytest.raises(sqlite3.OperationalError) as caught:
        await execute_sql(f"INSERT INTO nowhere (a, b) VALUES {', '.join(['(?, ?)'] * 1000)}")

    assert str(caught.value).endswith(", in: INSERT INTO nowhere (a, b) VALUES (?, ?), …")


@on_both_drivers()
async def test_a_name_like_no_other_is_answered_with_all_names() -> None:
    """An unknown name that resembles nothing is told which names there are."""
    with pytest.raises(sqlite3.OperationalError) as caught:
        await execute_sql("SELECT qqqqqq FROM jobs")

    assert str(caught.value).startswith(
        "no such column: qqqqqq (is it a value? Write ? for it, give it in params; "
        "there are campaign_id, campaigns, completed_at, created_at, "
    )


@on_both_drivers()
async def test_errors_inside_a_transaction_say_the_same() -> None:
    """A statement in a transaction is told the same as one outside."""
    with pytest.raises(sqlite3.OperationalError) as caught:
        async with transaction():
            await execute_sql("SELECT campain_id FROM jobs")

    assert str(caught.value) == (
        "no such column: campain_id (did you mean 'campaign_id'?), in: SELECT campain_id FROM jobs"
    )


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "INSERT INTO jobs (campaign_id, customer_email) VALUES (9, 'a@example.com')",
            "it refers to a row that is not there",
        ),
        (
            "INSERT INTO job_steps (job_id, step_name) VALUES (9, 'analyze')",
            "it refers to a row that is not there",
        ),
        ("UPDATE jobs SET campaign_id = 9", "it refers to a row that is not there"),
        ("DELETE FROM campaigns WHERE id = 1", "others refer to it"),
    ],
)
@on_both_drivers()
async def test_foreign_keys_are_enforced(sql: str, reason: str) -> None:
    """A row that refers to no other is refused, and so is the end of one that is referred to."""
    with pytest.raises(sqlite3.IntegrityError) as caught:
        await execute_sql(sql)

    assert str(caught.value) == f"FOREIGN KEY constraint failed ({reason}), in: {sql}"
    assert await execute_sql("SELECT count(*) AS n FROM jobs WHERE campaign_id = 1") == [{"n": 2}]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE campaigns SET status = 'lost'",
        "UPDATE jobs SET status = 'Pending'",
        "UPDATE jobs SET current_step = 'send_mail'",
        "INSERT INTO job_steps (job_id, step_name) VALUES (1, 'reply')",
        "INSERT INTO job_steps (job_id, step_name, status) VALUES (1, 'done', 'processing')",
        "INSERT INTO job_steps (job_id, step_name, output_data) VALUES (1, 'done', '[1]')",
    ],
)
@on_both_drivers()
async def test_values_that_mean_nothing_are_refused(sql: str) -> None:
    """A status or a step that there is not, and output that is no JSON object, break a CHECK."""
    with pytest.raises(sqlite3.IntegrityError, match=r"^CHECK constraint failed: .*, in: "):
        await execute_sql(sql)


@on_both_drivers()
async def test_a_job_has_each_step_once() -> None:
    """A second row for the same step of the same job is refused."""
    sql = "INSERT INTO job_steps (job_id, step_name) VALUES (1, 'analyze')"
    await execute_sql(sql)

    with pytest.raises(sqlite3.IntegrityError) as caught:
        await execute_sql(sql)

    assert str(caught.value) == (
        "UNIQUE constraint failed: job_steps.job_id, job_steps.step_name "
        f"(there is such a row already), in: {sql}"
    )


@on_both_drivers()
async def test_an_error_leaves_the_connection_in_order() -> None:
    """After errors of every kind, as many as there are connections, the database works."""
    wrong = ["SELEC", "SELECT nope FROM jobs", "UPDATE jobs SET status = 'x'"]
    for sql in wrong * 12:
        with pytest.raises(sqlite3.Error):
            await execute_sql(sql)
        with pytest.raises(sqlite3.Error):
            async with transaction():
                await execute_sql(sql)

    await asyncio.gather(*(add("A") for _ in range(12)))

    assert await added() == ["A"] * 12
