"""The ORM on both drivers: on a database file, through aiosqlite, it is what it is in memory."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from infra import now, transaction
from infra.errors import FieldError
from infra.models import Job, JobStatus, JobStep
from interviewer.selftests.drivers import on_both_drivers

MOMENT = datetime(2030, 1, 1, 18, 30, 15, 123456, tzinfo=UTC)


@on_both_drivers()
async def test_a_row_goes_in_and_comes_out() -> None:
    """What is created is loaded, changed, saved, refreshed and deleted."""
    step = await JobStep.create(job_id=1, step_name="analyze", output_data={"ü": ["it's"]})
    before = await JobStep.get(id=step.id)

    step.status = "completed"
    step.completed_at = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    await step.save()
    after = await JobStep.get(id=step.id)
    await before.refresh()
    await step.delete()

    assert (after.output_data, after.completed_at) == ({"ü": ["it's"]}, MOMENT)
    assert before == after == step
    assert await JobStep.count() == 0
    with pytest.raises(JobStep.DoesNotExist):
        await before.refresh()


@on_both_drivers()
async def test_filters_find_rows() -> None:
    """Lookups, order, limit, and lists of any length."""
    await Job.filter(id=2).update(worker_id="worker-1", scheduled_for=MOMENT)
    emails = [f"customer.{number}@example.com" for number in range(40_000)]

    found = [
        await Job.filter(worker_id=None).all(),
        await Job.filter(worker_id__ne="worker-1").all(),
        await Job.filter(scheduled_for__lte=MOMENT).all(),
        await Job.order_by("-id").limit(1).all(),
        await Job.filter(customer_email__in=[*emails, "bob@example.com"]).all(),
        await Job.filter(id__in=[]).all(),
    ]

    assert [[job.id for job in jobs] for jobs in found] == [[1], [1], [2], [2], [2], []]


@on_both_drivers()
async def test_an_update_is_a_compare_and_set() -> None:
    """Of twenty who take a job at once one is told 1."""

    async def take(number: int) -> int:
        claim = Job.filter(id=1, status="pending")
        return await claim.update(status="processing", worker_id=f"worker-{number}")

    changed = await asyncio.gather(*(take(number) for number in range(20)))

    winner = changed.index(1)
    assert sum(changed) == 1
    assert (await Job.get(id=1)).worker_id == f"worker-{winner}"


@on_both_drivers()
async def test_a_table_fills_in_its_defaults() -> None:
    """A new job is pending at once, created now."""
    earliest = now() - timedelta(milliseconds=1)

    job = await Job.create(campaign_id=1, customer_email="zoë@example.com")

    assert job == await Job.get(id=3)
    assert (job.status, job.retry_count, job.scheduled_for) == (JobStatus.PENDING, 0, None)
    assert earliest <= job.created_at <= now()


@on_both_drivers()
async def test_what_is_refused_leaves_no_trace() -> None:
    """A wrong value never reaches the database, nor does a transaction that fails for it."""

    wrong: Any = 7

    async def fail_then_create() -> None:
        async with transaction():
            await Job.filter(id=1).update(status="failed")
            await Job.create(campaign_id=1, customer_email=wrong)

    with pytest.raises(FieldError):
        await fail_then_create()

    assert [job.status for job in await Job.all()] == ["pending", "pending"]
