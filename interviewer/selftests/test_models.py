"""The models and the tables: what the contract lists, and each other."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from types import NoneType
from typing import get_args

import pytest

from infra.database import file
from infra.models import (
    Campaign,
    CampaignStatus,
    Job,
    JobStatus,
    JobStep,
    JobStepName,
    JobStepStatus,
)
from infra.orm import Model

COLUMNS = {
    "campaigns": "id name user_id status created_at",
    "jobs": """
        id campaign_id customer_email current_step status worker_id retry_count created_at
        started_at completed_at error_message scheduled_for last_heartbeat
    """,
    "job_steps": "id job_id step_name status output_data started_at completed_at",
}
ENUMS: dict[type[StrEnum], str] = {
    CampaignStatus: "draft active paused completed archived",
    JobStatus: "pending processing completed failed",
    JobStepName: "send_email analyze take_action done",
    JobStepStatus: "pending in_progress completed failed",
}
ROWS = [
    "INSERT INTO campaigns (name, user_id) VALUES ('Winter news', 1)",
    "INSERT INTO jobs (campaign_id, customer_email) VALUES (1, 'ada@example.com')",
    "INSERT INTO job_steps (job_id, step_name) VALUES (1, 'send_email')",
]

every_model = pytest.mark.parametrize("model", [Campaign, Job, JobStep])


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    """A database with the schema and one row in each table."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(file.SCHEMA)
        connection.executescript(file.SESSION_PRAGMAS)
        for row in ROWS:
            connection.execute(row)
        yield connection


@every_model
def test_columns_are_those_of_the_contract(
    model: type[Model], database: sqlite3.Connection
) -> None:
    """A model's fields and its table's columns are the contract's, in the same order."""
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({model.table})")]

    assert columns == list(model.model_fields) == COLUMNS[model.table].split()


@every_model
def test_the_table_keeps_what_the_model_holds(
    model: type[Model], database: sqlite3.Connection
) -> None:
    """A whole number is kept as one, all else as text; what may be None may be NULL."""
    kept = {
        name: (kind, not not_null and not key)
        for _, name, kind, not_null, _, key in database.execute(f"PRAGMA table_info({model.table})")
    }

    assert kept == {
        name: (
            "INTEGER" if field.annotation is int else "TEXT",
            NoneType in get_args(field.annotation),
        )
        for name, field in model.model_fields.items()
    }


@every_model
def test_defaults_are_the_same_in_the_table(
    model: type[Model], database: sqlite3.Connection
) -> None:
    """What a table fills in is what the model says by default; for `created_at` it is now."""
    (row,) = database.execute(f"SELECT * FROM {model.table}")
    names = list(model.model_fields)
    given = {"id", *model.required()}

    filled = {name: value for name, value in zip(names, row, strict=True) if name not in given}
    moment = filled.pop("created_at", None)

    defaults = {name: model.model_fields[name].default for name in filled}
    assert filled == defaults
    assert (moment is not None) == ("created_at" in names)


def test_defaults_are_those_of_the_contract() -> None:
    """A new job is pending at `send_email`, with no retries; a new campaign is active."""
    job = Job(id=1, campaign_id=1, customer_email="ada@example.com")
    campaign = Campaign(id=1, name="Winter news", user_id=1)

    unset = job.model_dump(exclude={"id", "campaign_id", "customer_email", "created_at"})
    assert unset == dict.fromkeys(unset, None) | {
        "current_step": "send_email",
        "status": "pending",
        "retry_count": 0,
    }
    assert campaign.status == "active"


def test_moments_of_the_table_are_as_the_contract_says(database: sqlite3.Connection) -> None:
    """`created_at` has a space and six decimals, so that it compares with CURRENT_TIMESTAMP."""
    (moment, now, later) = database.execute(
        "SELECT created_at, CURRENT_TIMESTAMP, datetime('now', '+1 minute') FROM jobs"
    ).fetchone()

    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", moment)
    assert len(now) == 19
    assert moment < later


@pytest.mark.parametrize("enum", ENUMS)
def test_enums_have_the_values_of_the_contract(enum: type[StrEnum]) -> None:
    """Each enum has its values in the contract's order, and each member equals its value."""
    values = ENUMS[enum].split()

    assert list(enum) == values
    assert [member.name for member in enum] == [value.upper() for value in values]


@pytest.mark.parametrize(
    ("column", "enum"),
    [
        ("campaigns.status", CampaignStatus),
        ("jobs.status", JobStatus),
        ("jobs.current_step", JobStepName),
        ("job_steps.status", JobStepStatus),
        ("job_steps.step_name", JobStepName),
    ],
)
def test_the_table_takes_the_values_of_the_enum_alone(
    column: str, enum: type[StrEnum], database: sqlite3.Connection
) -> None:
    """Every member can be kept, and nothing else, not even by raw SQL."""
    table, name = column.split(".")
    change = f"UPDATE {table} SET {name} = ?"
    ((sql,),) = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table])

    changed = [database.execute(change, [member.value]).rowcount for member in enum]

    taken = re.findall(rf"CHECK \({name} IN \(([^)]*)\)\)", sql)
    assert taken == [", ".join(f"'{member}'" for member in enum)]
    assert changed == [1] * len(enum)
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        database.execute(change, ["sleeping"])


@pytest.mark.parametrize("output", ["[1]", '"text"', "7"])
def test_output_data_is_a_json_object_or_null(output: str, database: sqlite3.Connection) -> None:
    """The table takes an object or NULL as `output_data`, no other JSON."""
    change = "UPDATE job_steps SET output_data = ?"

    changed = [database.execute(change, [good]).rowcount for good in ('{"a": [1]}', None)]

    assert changed == [1, 1]
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        database.execute(change, [output])


def test_foreign_keys_are_those_of_the_contract(database: sqlite3.Connection) -> None:
    """A job belongs to a campaign, a step to a job; neither is kept without it."""
    found = {
        (table, row[3]): f"{row[2]}.{row[4]}"
        for table in COLUMNS
        for row in database.execute(f"PRAGMA foreign_key_list({table})")
    }

    assert found == {("jobs", "campaign_id"): "campaigns.id", ("job_steps", "job_id"): "jobs.id"}
    for orphan in ("UPDATE jobs SET campaign_id = 9", "DELETE FROM jobs"):
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            database.execute(orphan)


def test_a_job_has_each_step_once(database: sqlite3.Connection) -> None:
    """(`job_id`, `step_name`) is unique, and nothing else is."""
    unique = {
        (
            table,
            tuple(column for _, _, column in database.execute(f"PRAGMA index_info({index[1]})")),
        )
        for table in COLUMNS
        for index in database.execute(f"PRAGMA index_list({table})")
        if index[2]
    }

    assert unique == {("job_steps", ("job_id", "step_name"))}
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        database.execute(ROWS[2])
