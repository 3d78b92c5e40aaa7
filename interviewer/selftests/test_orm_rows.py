"""Rows as `execute_sql` gives them, as copies, and made by hand."""

import copy
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.database import execute_sql
from infra.errors import FieldError
from infra.models import Job, JobStatus, JobStep
from interviewer.selftests.world import World, in_a_world

ONE_JOB = """
    INSERT INTO jobs (campaign_id, customer_email, scheduled_for)
    VALUES (1, 'ada@example.com', '2030-01-01 12:00:00');
    INSERT INTO job_steps (job_id, step_name, output_data)
    VALUES (1, 'analyze', '{"sentiment":"positive"}');
"""
CLAIM = "UPDATE jobs SET status = 'processing' WHERE id = 1 RETURNING *"


@in_a_world(ONE_JOB)
async def test_execute_sql_gives_rows_of_a_model(world: World) -> None:
    """With a model every row is an instance, typed as one that the ORM has loaded."""
    loaded = await Job.all()

    rows = await execute_sql("SELECT * FROM jobs WHERE id = ?", [1], Job)
    claimed = await execute_sql(CLAIM, model=Job)
    none = await execute_sql("SELECT * FROM jobs WHERE id = 9", model=Job)

    assert (rows, claimed, none) == (loaded, await Job.all(), [])
    assert (rows.rowcount, claimed.rowcount, none.rowcount) == (1, 1, 0)
    assert claimed[0].status is JobStatus.PROCESSING


@in_a_world(ONE_JOB)
async def test_a_row_of_execute_sql_can_be_changed_and_saved(world: World) -> None:
    """`save` knows what the statement returned."""
    (job,) = await execute_sql(CLAIM, model=Job)

    job.retry_count = 1
    operations = await world.operations_of(job.save())

    assert operations == ["UPDATE jobs SET retry_count = 1 WHERE id = 1"]


@in_a_world(ONE_JOB)
async def test_a_dict_makes_a_model(world: World) -> None:
    """`Job(**row)` of a row without a model is as good as one loaded: equal, and it saves."""
    row: Any = (await execute_sql("SELECT * FROM jobs"))[0]
    step_row: Any = (await execute_sql("SELECT * FROM job_steps"))[0]

    job, step = Job(**row), JobStep(**step_row)
    unchanged = await world.operations_of(job.save()) + await world.operations_of(step.save())
    job.status = JobStatus.FAILED
    operations = await world.operations_of(job.save())

    assert job.scheduled_for == datetime(2030, 1, 1, 12, tzinfo=UTC)
    assert step.output_data == {"sentiment": "positive"}
    assert unchanged == []
    assert operations == ["UPDATE jobs SET status = 'failed' WHERE id = 1"]
    assert job.model_dump() == (await Job.get(id=1)).model_dump()


def test_a_model_made_by_hand_is_checked() -> None:
    """A missing, unknown or wrong value does not make a row, and it says which and why."""
    good: dict[str, Any] = {"id": 1, "campaign_id": 1, "customer_email": "ada@example.com"}
    wrong = {"status": "pendign"}, {"statsu": "pending"}, {"id": None}

    refused = []
    for values in (*({**good, **each} for each in wrong), {"campaign_id": 1}):
        with pytest.raises(FieldError) as caught:
            Job(**values)
        refused.append(str(caught.value))

    assert refused == [
        "Job.status cannot be 'pendign': did you mean 'pending'?",
        "Job has no field 'statsu': did you mean 'status'?",
        "Job.id cannot be None",
        "Job(…) needs id and customer_email: is it to be `await Job.create(…)`?",
    ]


@in_a_world(ONE_JOB)
async def test_some_columns_are_some_fields(world: World) -> None:
    """A column that was not selected is no field of the row, and asking for it says so."""
    (job,) = await execute_sql("SELECT id, status, 1 AS extra FROM jobs", model=Job)

    with pytest.raises(AttributeError) as caught:
        _ = job.worker_id

    assert str(caught.value) == "Job.worker_id was not selected: SELECT * …"
    assert job.model_dump() == {"id": 1, "status": JobStatus.PENDING}
    assert repr(job) == "Job(id=1, status=<JobStatus.PENDING: 'pending'>)"


@in_a_world(ONE_JOB)
async def test_some_columns_can_be_saved(world: World) -> None:
    """What was not selected is not written, unless it was set."""
    (job,) = await execute_sql("SELECT id, status FROM jobs", model=Job)

    job.status = JobStatus.PROCESSING
    job.worker_id = "worker-1"
    operations = await world.operations_of(job.save())

    assert operations == [
        "UPDATE jobs SET status = 'processing', worker_id = 'worker-1' WHERE id = 1"
    ]


@in_a_world(ONE_JOB)
async def test_without_its_id_a_row_cannot_be_saved(world: World) -> None:
    """Nobody knows which row it is: save, refresh and delete say so and ask nothing."""
    (job,) = await execute_sql("SELECT status FROM jobs", model=Job)
    job.status = JobStatus.FAILED
    acts: list[Callable[[], object]] = [job.save, job.refresh, job.delete]

    for act in acts:
        with pytest.raises(FieldError, match="this Job was selected without its id"):
            await act()  # type: ignore[misc]

    assert world.overseer.count == 1


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT count(*) FROM jobs", "none of Job's columns was selected: SELECT * …"),
        (
            "UPDATE jobs SET retry_count = 1 RETURNING 1",
            "none of Job's columns was selected: SELECT * …",
        ),
        (
            "SELECT * FROM jobs JOIN campaigns ON campaigns.id = campaign_id",
            "Job.id was selected more than once: SELECT jobs.* …",
        ),
    ],
)
@in_a_world(ONE_JOB)
async def test_what_is_no_row_of_the_model_is_refused(world: World, sql: str, message: str) -> None:
    """A result that does not make sense as the model is told in its words."""
    with pytest.raises(FieldError) as caught:
        await execute_sql(sql, model=Job)

    assert str(caught.value) == message


@in_a_world(ONE_JOB)
async def test_a_join_makes_rows_of_one_table(world: World) -> None:
    """Columns that are no field of the model are left out, however often they come."""
    jobs = await execute_sql(
        "SELECT jobs.*, name, 1 AS name FROM jobs JOIN campaigns ON campaigns.id = campaign_id",
        model=Job,
    )

    assert jobs == [await Job.get(id=1)]


@in_a_world(ONE_JOB)
async def test_rows_can_be_copied(world: World) -> None:
    """A copy of any kind equals the row and knows what was loaded."""
    step = await JobStep.get(id=1)

    copies = [
        step.model_copy(),
        step.model_copy(deep=True),
        copy.copy(step),
        copy.deepcopy(step),
        pickle.loads(pickle.dumps(step)),  # noqa: S301 - made in this very line
    ]

    for other in copies:
        assert other == step
        assert await world.operations_of(other.save()) == []


@in_a_world(ONE_JOB)
async def test_a_wrong_attribute_names_the_nearest(world: World) -> None:
    """Reading and setting what there is not tells what was meant, a method too."""
    job = await Job.get(id=1)

    with pytest.raises(AttributeError) as caught_read:
        _ = job.statsu  # type: ignore[attr-defined]
    with pytest.raises(AttributeError) as caught_method:
        job.saev()  # type: ignore[attr-defined]
    with pytest.raises(FieldError) as caught_set:
        job.statsu = "failed"  # type: ignore[attr-defined]
    with pytest.raises(FieldError) as caught_value:
        job.status = "fialed"  # type: ignore[assignment]

    assert [str(caught.value) for caught in (caught_read, caught_method)] == [
        "Job has no attribute 'statsu': did you mean 'status'?",
        "Job has no attribute 'saev': did you mean 'save'?",
    ]
    assert str(caught_set.value) == "Job has no field 'statsu': did you mean 'status'?"
    assert str(caught_value.value) == "Job.status cannot be 'fialed': did you mean 'failed'?"
    assert not hasattr(job, "statsu")
