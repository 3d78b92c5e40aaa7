"""Statements: the rows and counts that they give, and the parameters that they take."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum

import pytest

from infra.clock import now
from infra.database import execute_sql
from infra.models import Job, JobStatus, JobStep, JobStepStatus
from interviewer.selftests.drivers import on_both_drivers


class Colour(Enum):
    RED = 7


@on_both_drivers()
async def test_rows_are_dicts_in_the_order_asked_for() -> None:
    """Without a model a row is a dict of what SQLite keeps, with the columns as they were named."""
    rows = await execute_sql(
        "SELECT id, customer_email AS email, worker_id FROM jobs ORDER BY id DESC"
    )

    assert rows == [
        {"id": 2, "email": "bob@example.com", "worker_id": None},
        {"id": 1, "email": "ada@example.com", "worker_id": None},
    ]


@on_both_drivers()
async def test_rows_are_models_when_one_is_given() -> None:
    """With a model a row is an instance of it, its texts made into moments and enums."""
    await execute_sql(
        "UPDATE jobs SET status = 'processing', started_at = '2030-01-01 10:00:00.000000'"
    )

    rows = await execute_sql("SELECT * FROM jobs WHERE id = ?", [1], Job)

    (job,) = rows
    assert (type(job), job.id, job.status, job.started_at) == (
        Job,
        1,
        JobStatus.PROCESSING,
        datetime(2030, 1, 1, 10, tzinfo=UTC),
    )


@on_both_drivers()
async def test_returned_rows_are_models_too() -> None:
    """UPDATE … RETURNING gives instances, of the rows as they are afterwards."""
    rows = await execute_sql(
        "UPDATE jobs SET worker_id = ? WHERE id = ? RETURNING *", ["worker-7", 2], model=Job
    )

    assert [(job.id, job.worker_id) for job in rows] == [(2, "worker-7")]


@pytest.mark.parametrize(
    ("sql", "rowcount"),
    [
        ("INSERT INTO campaigns (name, user_id) VALUES ('A', 1), ('B', 1)", 2),
        ("INSERT INTO campaigns (name, user_id) SELECT name, 2 FROM campaigns", 1),
        ("UPDATE jobs SET retry_count = 1", 2),
        ("UPDATE jobs SET retry_count = 1 WHERE id = 9", 0),
        ("UPDATE jobs SET retry_count = 1 RETURNING id", 2),
        ("UPDATE jobs SET retry_count = 1 WHERE id = 9 RETURNING id", 0),
        ("WITH one AS (SELECT 1 AS id) UPDATE jobs SET retry_count = 1 WHERE id IN one", 1),
        ("WITH none AS (SELECT 9 AS id) DELETE FROM jobs WHERE id IN none", 0),
        ("DELETE FROM jobs WHERE id = 2", 1),
        ("DELETE FROM jobs", 2),
        ("INSERT OR IGNORE INTO campaigns (id, name, user_id) VALUES (1, 'A', 1)", 0),
        ("SELECT * FROM jobs", 2),
        ("WITH all_jobs AS (SELECT * FROM jobs) SELECT * FROM all_jobs WHERE id = 1", 1),
        ("VALUES (1), (2), (3)", 3),
        ("SELECT * FROM jobs WHERE id = 9", 0),
        ("CREATE TABLE notes (text TEXT)", 0),
    ],
)
@on_both_drivers()
async def test_rowcount_is_of_the_rows_returned_or_else_changed(sql: str, rowcount: int) -> None:
    """`rowcount` counts the rows that a statement returned, or changed when it returns none."""
    rows = await execute_sql(sql)

    assert rows.rowcount == rowcount


@on_both_drivers()
async def test_lastrowid_is_of_the_last_row_inserted() -> None:
    """`lastrowid` is the id of the row that an INSERT made, and of the last one of several."""
    insert = "INSERT INTO campaigns (name, user_id) VALUES "

    one = await execute_sql(f"{insert} ('A', 1)")
    three = await execute_sql(f"{insert} ('A', 1), ('B', 1), ('C', 1)")
    returned = await execute_sql(f"{insert} ('A', 1) RETURNING id")

    assert (one.lastrowid, three.lastrowid, returned.lastrowid) == (2, 5, 6)
    assert (one, three, returned) == ([], [], [{"id": 6}])


@on_both_drivers()
async def test_the_last_insert_can_be_asked_for() -> None:
    """`last_insert_rowid()` and `changes()` answer about the last statement that wrote."""
    await execute_sql("INSERT INTO campaigns (id, name, user_id) VALUES (40, 'A', 1), (41, 'B', 1)")

    rows = await execute_sql("SELECT last_insert_rowid() AS id, changes() AS n")

    assert rows == [{"id": 41, "n": 2}]


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), "2030-01-02 03:04:05.678901"),
        (datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC), "2030-01-02 03:04:05.000000"),
        (datetime(2030, 1, 2, 3, 4, 5), "2030-01-02 03:04:05.000000"),  # noqa: DTZ001 - naive is meant
        (
            datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            "2030-01-01 21:34:05.000000",
        ),
    ],
)
@on_both_drivers()
async def test_a_moment_is_kept_as_utc_text(moment: datetime, text: str) -> None:
    """A datetime parameter is stored as text in UTC, with microseconds; a naive one is UTC."""
    await execute_sql("UPDATE jobs SET scheduled_for = ? WHERE id = 1", [moment])

    rows = await execute_sql("SELECT scheduled_for FROM jobs WHERE scheduled_for = ?", [moment])
    assert rows == [{"scheduled_for": text}]


@pytest.mark.parametrize("sql_now", ["CURRENT_TIMESTAMP", "datetime('now')"])
@on_both_drivers()
async def test_moments_compare_correctly_with_the_present(sql_now: str) -> None:
    """A stored moment of the past is less than SQL's present, and one of the future is greater."""
    second = timedelta(seconds=2)
    await execute_sql("UPDATE jobs SET scheduled_for = ? WHERE id = 1", [now() - second])
    await execute_sql("UPDATE jobs SET scheduled_for = ? WHERE id = 2", [now() + second])

    due = await execute_sql(f"SELECT id FROM jobs WHERE scheduled_for <= {sql_now}")
    later = await execute_sql(f"SELECT id FROM jobs WHERE scheduled_for > {sql_now}")

    assert (due, later) == ([{"id": 1}], [{"id": 2}])


@on_both_drivers()
async def test_parameters_become_what_sqlite_keeps() -> None:
    """Enums are their values, booleans 0 and 1, dicts JSON; plain values are as they were."""
    params = [JobStatus.FAILED, Colour.RED, True, False, {"a": [1]}, None, 1.5, "x", b"\0"]

    (row,) = await execute_sql(
        "SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e, ? AS f, ? AS g, ? AS h, ? AS i", params
    )

    assert list(row.values()) == ["failed", 7, 1, 0, '{"a": [1]}', None, 1.5, "x", b"\0"]


@on_both_drivers()
async def test_a_dict_is_stored_as_a_json_object() -> None:
    """What goes in as a dict comes back from the model as the same dict."""
    output = {"message_id": "msg-1", "größe": [1, None, {"deep": True}]}
    await execute_sql(
        "INSERT INTO job_steps (job_id, step_name, status, output_data) VALUES (?, ?, ?, ?)",
        (1, "send_email", JobStepStatus.COMPLETED, output),
    )

    (step,) = await execute_sql("SELECT * FROM job_steps", model=JobStep)

    assert step.output_data == output


@on_both_drivers()
async def test_many_values_go_in_as_json() -> None:
    """`json_each(?)` over `json.dumps` of a list is one way to pass a list."""
    rows = await execute_sql(
        "SELECT id FROM jobs WHERE id IN (SELECT value FROM json_each(?))", [json.dumps([2, 3])]
    )

    assert rows == [{"id": 2}]


@pytest.mark.parametrize(
    ("params", "what"),
    [
        (([1, 2],), "parameter 1 is a list"),
        ((1, (1, 2)), "parameter 2 is a tuple"),
        ((1, {2}), "parameter 2 is a set"),
        ((1, 2, object), "parameter 3 is a type"),
        ((1j,), "parameter 1 is a complex"),
    ],
)
@on_both_drivers()
async def test_a_parameter_that_cannot_be_kept_is_refused(
    params: tuple[object, ...], what: str
) -> None:
    """A parameter that SQLite cannot keep is a TypeError that names its place and its type."""
    with pytest.raises(TypeError) as caught:
        await execute_sql("SELECT ?, ?", params)

    assert str(caught.value).partition(";")[0] == f"{what}, which SQLite cannot keep"


@pytest.mark.parametrize("params", ["ab", b"cd", {"id": 1}, 7])
@on_both_drivers()
async def test_parameters_are_a_list_or_a_tuple(params: object) -> None:
    """A single value in the place of the parameters is a TypeError, even a text of that length."""
    with pytest.raises(TypeError) as caught:
        await execute_sql("SELECT ?, ?", params)  # type: ignore[call-overload]

    assert str(caught.value) == (
        f"params must be a list or tuple with one value for each ?, not {params!r}"
    )


@on_both_drivers()
async def test_a_list_as_a_parameter_is_advised_on() -> None:
    """Who passes a list for `IN (?)` is told what to do instead."""
    with pytest.raises(TypeError, match=r"; give each of its values a \? of its own$"):
        await execute_sql("SELECT id FROM jobs WHERE id IN (?)", [[1, 2]])


@pytest.mark.parametrize("params", [[], [1], [1, 2, 3]])
@on_both_drivers()
async def test_each_placeholder_needs_one_parameter(params: list[int]) -> None:
    """Too few or too many parameters are an error that counts both and shows the statement."""
    with pytest.raises(sqlite3.ProgrammingError) as caught:
        await execute_sql("SELECT id FROM jobs WHERE id IN (?, ?)", params)

    assert str(caught.value) == (
        f"values in params: {len(params)}, and ? in the statement: 2, "
        "in: SELECT id FROM jobs WHERE id IN (?, ?)"
    )


@on_both_drivers()
async def test_an_int_too_large_for_sqlite_is_refused() -> None:
    """An int of more than 64 bits is an OverflowError, and the database works afterwards."""
    with pytest.raises(OverflowError):
        await execute_sql("SELECT ? AS n", [2**63])

    assert await execute_sql("SELECT ? AS n", [2**63 - 1]) == [{"n": 2**63 - 1}]


@on_both_drivers()
async def test_two_statements_in_one_are_refused() -> None:
    """`execute_sql` runs one statement: of two, neither is run."""
    with pytest.raises(sqlite3.Error, match="one statement at a time"):
        await execute_sql("DELETE FROM jobs WHERE id = 1; DELETE FROM jobs WHERE id = 2")

    assert await execute_sql("SELECT count(*) AS n FROM jobs") == [{"n": 2}]
