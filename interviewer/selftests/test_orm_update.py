"""`update` and `delete` of a query set: one statement, so a compare-and-set."""

import asyncio
import sqlite3

import pytest

from infra.context import as_worker
from infra.errors import FieldError
from infra.models import Job, JobStatus, JobStep
from interviewer.selftests.world import World, in_a_world

THREE_JOBS = """
    INSERT INTO jobs (campaign_id, customer_email, worker_id)
    VALUES (1, 'a@example.com', NULL), (1, 'b@example.com', 'worker-1'), (1, 'c@example.com', NULL);
"""


@in_a_world(THREE_JOBS)
async def test_update_changes_the_rows_that_match(world: World) -> None:
    """Only they change, only in the fields named, and their number is returned."""
    others = await Job.filter(id=2).all()

    changed = await Job.filter(worker_id=None).update(status="failed", error_message="it's over")

    assert changed == 2
    assert await Job.filter(id=2).all() == others
    assert [
        (job.status, job.error_message, job.customer_email)
        for job in await Job.filter(worker_id=None).all()
    ] == [
        (JobStatus.FAILED, "it's over", "a@example.com"),
        (JobStatus.FAILED, "it's over", "c@example.com"),
    ]


@in_a_world(THREE_JOBS)
async def test_update_is_one_statement(world: World) -> None:
    """Its conditions and its changes go to the database together."""
    await Job.filter(id=1, status="pending").update(status="processing", worker_id="worker-1")

    (update,) = world.operations
    assert update == (
        "UPDATE jobs SET status = 'processing', worker_id = 'worker-1' "
        "WHERE id = 1 AND status = 'pending'"
    )


@in_a_world(THREE_JOBS)
async def test_of_two_who_race_one_wins(world: World) -> None:
    """Both change a pending job to processing: one is told 1, the other 0."""

    async def take(worker_id: str) -> int:
        with as_worker(worker_id):
            job = await Job.get(id=1)
            claim = Job.filter(id=job.id, status="pending")
            return await claim.update(status="processing", worker_id=worker_id)

    changed = await asyncio.gather(*(take(worker_id) for worker_id in ("worker-1", "worker-2")))

    # Both had read the job before either changed it.
    assert [words.split()[0] for words in world.operations] == ["SELECT"] * 2 + ["UPDATE"] * 2
    assert changed == [1, 0]
    assert (await Job.get(id=1)).worker_id == "worker-1"


@in_a_world(THREE_JOBS)
async def test_update_counts_the_rows_that_match_already(world: World) -> None:
    """A row counts when it matches, also when it already was as it is now."""
    changed = [await Job.filter(id=1).update(status="pending"), await Job.filter(id=9).delete()]

    assert changed == [1, 0]


@in_a_world(THREE_JOBS)
async def test_update_keeps_none_and_objects(world: World) -> None:
    """`None` clears a field, a dict is kept as JSON."""
    step = await JobStep.create(job_id=1, step_name="analyze", output_data={"a": 1})

    await Job.filter(id=2).update(worker_id=None)
    await JobStep.filter(id=step.id).update(output_data={"b": [2]})
    await step.refresh()

    assert (await Job.get(id=2)).worker_id is None
    assert step.output_data == {"b": [2]}


@in_a_world(THREE_JOBS)
async def test_delete_removes_the_rows_that_match(world: World) -> None:
    """Their number is returned, and the others stay."""
    deleted = await Job.filter(worker_id=None).delete()

    assert (deleted, [job.id for job in await Job.all()]) == (2, [2])


@in_a_world(THREE_JOBS)
async def test_delete_minds_foreign_keys(world: World) -> None:
    """A job that has steps is not deleted, nor is any other by the same statement."""
    await JobStep.create(job_id=3, step_name="analyze")

    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        await Job.filter(id__gte=1).delete()

    assert await Job.count() == 3


@in_a_world(THREE_JOBS)
async def test_a_limit_is_refused_never_ignored(world: World) -> None:
    """SQL would change every row, so `limit` with `update` or `delete` raises and asks nothing."""
    words = "limit() does not go with {}(): filter by id, or use execute_sql"

    with pytest.raises(FieldError) as caught_update:
        await Job.limit(1).filter(status="pending").update(status="failed")
    with pytest.raises(FieldError) as caught_delete:
        await Job.filter(status="pending").limit(1).delete()

    assert str(caught_update.value) == words.format("update")
    assert str(caught_delete.value) == words.format("delete")
    assert world.overseer.count == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "update() needs at least one field to change"),
        ({"statsu": "failed"}, "Job has no field 'statsu': did you mean 'status'?"),
        ({"status": "fialed"}, "Job.status cannot be 'fialed': did you mean 'failed'?"),
        ({"retry_count": None}, "Job.retry_count cannot be None"),
        ({"status__ne": "failed"}, "Job has no field 'status__ne': did you mean "),
    ],
)
@in_a_world(THREE_JOBS)
async def test_a_change_that_does_not_fit_is_refused(
    world: World, changes: dict[str, object], message: str
) -> None:
    """Nothing, an unknown field or a wrong value is a FieldError, and asks nothing."""
    with pytest.raises(FieldError) as caught:
        await Job.filter(id=1).update(**changes)

    assert str(caught.value).startswith(message)
    assert world.overseer.count == 0
