"""`save`, `refresh` and `delete` of a row: what changed since it was loaded, and nothing else."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from infra.database import execute_sql, transaction
from infra.models import Campaign, Job, JobStatus, JobStep
from interviewer.selftests.world import World, in_a_world, value_of

ONE_JOB = """
    INSERT INTO jobs (campaign_id, customer_email, scheduled_for)
    VALUES (1, 'ada@example.com', '2030-01-01 12:00:00');
    INSERT INTO job_steps (job_id, step_name, output_data)
    VALUES (1, 'analyze', '{"words":["a","b"], "sentiment":"positive"}');
"""
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@in_a_world(ONE_JOB)
async def test_save_writes_the_fields_that_changed(world: World) -> None:
    """One statement sets them, and a second save finds nothing left to write."""
    job = await Job.get(id=1)

    job.status = JobStatus.COMPLETED
    job.worker_id = "worker-1"
    first = await world.operations_of(job.save())
    second = await world.operations_of(job.save())

    assert first == [
        "UPDATE jobs SET status = 'completed', worker_id = 'worker-1' WHERE id = 1",
    ]
    assert second == []
    assert job == await Job.get(id=1)


async def save_in_vain(job: Job) -> None:
    async with transaction():
        await job.save()
        raise ZeroDivisionError


@pytest.mark.parametrize("again", ["completed", "failed"])
@in_a_world(ONE_JOB)
async def test_a_save_that_was_rolled_back_can_be_made_again(world: World, again: str) -> None:
    """What a transaction did not keep is written by the next save, also the very same value."""
    job = await Job.get(id=1)

    job.status = JobStatus.COMPLETED
    with pytest.raises(ZeroDivisionError):
        await save_in_vain(job)
    job.status = JobStatus(again)
    await job.save()

    assert (await Job.get(id=1)).status == again


@in_a_world(ONE_JOB)
async def test_a_save_is_undone_with_its_savepoint_only(world: World) -> None:
    """Saves around a savepoint that is rolled back stand, the one inside is still to be made."""
    job = await Job.get(id=1)

    async with transaction():
        job.worker_id = "worker-1"
        await job.save()
        async with transaction():
            job.retry_count = 1
            await job.save()
        job.error_message = "lost"
        with pytest.raises(ZeroDivisionError):
            await save_in_vain(job)
    again = await world.operations_of(job.save())

    assert again == ["UPDATE jobs SET error_message = 'lost' WHERE id = 1"]
    assert job == await Job.get(id=1)


@in_a_world(ONE_JOB)
async def test_save_writes_nothing_when_nothing_changed(world: World) -> None:
    """Neither a fresh row nor one whose fields were set to what they were costs a round trip."""
    job = await Job.get(id=1)
    created = await Campaign.create(name="Spring news", user_id=1)

    job.status = "pending"
    job.worker_id = None
    created.name = "Spring news"
    operations = await world.operations_of(job.save()) + await world.operations_of(created.save())

    assert operations == []


@pytest.mark.parametrize(
    "same",
    [
        NOON,
        NOON.astimezone(timezone(timedelta(hours=5, minutes=30))),
        NOON.replace(tzinfo=None),
        "2030-01-01T12:00:00Z",
        "2030-01-01 14:00+02:00",
    ],
)
@in_a_world(ONE_JOB)
async def test_the_same_moment_is_no_change(world: World, same: datetime) -> None:
    """A moment in another zone or as text is the one that is kept, however that is written."""
    job = await Job.get(id=1)

    job.scheduled_for = same
    operations = await world.operations_of(job.save())

    assert (job.scheduled_for, operations) == (NOON, [])


@in_a_world(ONE_JOB)
async def test_a_change_inside_an_object_is_seen(world: World) -> None:
    """`output_data` can be changed in place, at any depth; unchanged it is not written."""
    step = await JobStep.get(id=1)
    untouched = await world.operations_of(step.save())
    assert step.output_data is not None

    step.output_data["sentiment"] = "neutral"
    step.output_data["words"].append("c")
    first = await world.operations_of(step.save())
    second = await world.operations_of(step.save())

    assert (untouched, len(first), second) == ([], 1, [])
    assert (await JobStep.get(id=1)).output_data == {
        "words": ["a", "b", "c"],
        "sentiment": "neutral",
    }


@in_a_world(ONE_JOB)
async def test_save_leaves_what_another_changed(world: World) -> None:
    """Two that hold the same row and change different fields do not undo each other."""
    mine, theirs = await Job.get(id=1), await Job.get(id=1)

    theirs.status = JobStatus.FAILED
    await theirs.save()
    mine.retry_count = 3
    await mine.save()

    row = await Job.get(id=1)
    assert (row.status, row.retry_count, mine.status) == ("failed", 3, "pending")


@in_a_world(ONE_JOB)
async def test_a_copy_saves_by_itself(world: World) -> None:
    """A copy remembers what was loaded, and neither sees nor saves the other's changes."""
    job = await Job.get(id=1)
    stale = job.model_copy()

    job.status = JobStatus.COMPLETED
    await job.save()
    nothing = await world.operations_of(stale.save())
    stale.worker_id = "worker-2"
    its_own = await world.operations_of(stale.save())

    assert (stale.status, nothing) == ("pending", [])
    assert its_own == ["UPDATE jobs SET worker_id = 'worker-2' WHERE id = 1"]
    assert (await Job.get(id=1)).status == "completed"


@in_a_world(ONE_JOB)
async def test_a_row_that_is_gone_cannot_be_saved(world: World) -> None:
    """Saving or refreshing a deleted row raises; deleting it again is no harm."""
    job, campaign = await Job.get(id=1), await Campaign.create(name="Spring news", user_id=1)
    await JobStep.filter(job_id=1).delete()
    await Job.filter(id=1).delete()
    await campaign.delete()

    job.status = JobStatus.COMPLETED
    campaign.name = "Summer news"
    with pytest.raises(Job.DoesNotExist, match=r"Job 1 is gone: save\(\) changed no row"):
        await job.save()
    with pytest.raises(Campaign.DoesNotExist, match="Campaign 2 is gone: "):
        await campaign.save()
    with pytest.raises(Job.DoesNotExist, match="no Job has id=1"):
        await job.refresh()
    await job.delete()

    assert (await Job.count(), await Campaign.count()) == (0, 1)


@in_a_world(ONE_JOB)
async def test_a_save_that_failed_is_tried_again(world: World) -> None:
    """What an error kept from being written is still a change."""
    step = await JobStep.get(id=1)
    step.job_id = 9
    with pytest.raises(Exception, match="FOREIGN KEY"):
        await step.save()

    step.job_id = 1
    corrected = await world.operations_of(step.save())
    step.status = "completed"
    await step.save()

    assert (corrected, await value_of("SELECT status FROM job_steps")) == ([], "completed")


@in_a_world(ONE_JOB)
async def test_refresh_reads_the_row_again(world: World) -> None:
    """The row is as the database has it: what was not saved is lost, and is no change any more."""
    job = await Job.get(id=1)
    await execute_sql("UPDATE jobs SET status = 'failed', retry_count = 5")

    job.worker_id = "worker-1"
    await job.refresh()
    operations = await world.operations_of(job.save())

    assert (operations, job) == ([], await Job.get(id=1))
    assert job.model_dump(include={"status", "retry_count", "worker_id"}) == {
        "status": "failed",
        "retry_count": 5,
        "worker_id": None,
    }


@in_a_world(ONE_JOB)
async def test_delete_removes_this_row_alone(world: World) -> None:
    """`delete` is one statement for one row."""
    other = await Campaign.create(name="Spring news", user_id=1)

    operations = await world.operations_of(other.delete())

    assert operations == ["DELETE FROM campaigns WHERE id = 2"]
    assert [campaign.id for campaign in await Campaign.all()] == [1]
