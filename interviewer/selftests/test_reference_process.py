"""The reference's Task D: the workflow, one step at a time and forward only."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from candidate.helpers import route
from infra import execute_sql, now
from infra.clock import wait
from infra.context import as_worker
from infra.models import Job, JobStatus, JobStep
from infra.services import Sentiment, classify, customer, reply_for
from interviewer.selftests.world import World, in_a_world
from interviewer.solutions import reference

STEPS = ["send_email", "analyze", "take_action"]


def customer_who_feels(sentiment: Sentiment | None) -> str:
    """Return the first customer whose reply is such; `None` is none."""
    emails = (customer(number)["Email"] for number in count(1))
    return next(email for email in emails if _feeling(email) == sentiment)


def _feeling(email: str) -> Sentiment | None:
    reply = reply_for(email)
    return None if reply is None else classify(reply)


async def add(email: str | None = None) -> None:
    await Job.create(campaign_id=1, customer_email=email or customer_who_feels("positive"))


async def claim(worker_id: str = "worker-1") -> Job:
    """Claim the job, when it is due."""
    await Job.filter(status="pending").update(scheduled_for=None)
    with as_worker(worker_id):
        job = await reference.claim_next_job()
    assert job
    return job


async def everything() -> list[object]:
    """All that the database holds of jobs and steps."""
    return [*await Job.order_by("id").all(), *await JobStep.order_by("id").all()]


async def steps() -> list[tuple[str, str, dict[str, object] | None]]:
    return [
        (step.step_name, step.status, step.output_data) for step in await JobStep.order_by("id")
    ]


@in_a_world()
async def test_a_job_goes_through_its_steps(world: World) -> None:
    """After each step it is pending at the next one, free for any worker, and done at last."""
    await add()
    states = []
    for number in range(3):
        await reference.process_job(await claim(f"worker-{number}"))
        job = await Job.get(id=1)
        states.append((str(job.current_step), str(job.status), job.worker_id))
    (job,) = await Job.all()

    assert states == [
        ("analyze", "pending", None),
        ("take_action", "pending", None),
        ("done", "completed", None),
    ]
    assert job.completed_at
    assert job.completed_at <= now()
    assert len(world.mails) == 1
    assert await reference.claim_next_job() is None


@pytest.mark.parametrize("sentiment", ["positive", "negative", "neutral", None])
@in_a_world()
async def test_what_a_step_finds_is_recorded_once(
    world: World, sentiment: Sentiment | None
) -> None:
    """There is one row for how the customer felt, and one for the route that was taken."""
    await add(customer_who_feels(sentiment))

    for _ in range(3):
        await reference.process_job(await claim())

    assert await steps() == [
        ("analyze", "completed", {"sentiment": sentiment}),
        ("take_action", "completed", {"action": route(sentiment)}),
    ]
    moments = [(step.started_at, step.completed_at) for step in await JobStep.all()]
    assert all(start and end and start < end for start, end in moments)


@in_a_world()
async def test_the_reply_has_48_hours(world: World) -> None:
    """After the mail the job is due two days later; after the other steps at once."""
    await add()

    await reference.process_job(await claim())
    due = (await Job.get(id=1)).scheduled_for
    moment = now()
    await reference.process_job(await claim())
    due_then = (await Job.get(id=1)).scheduled_for

    assert due
    assert abs(due - moment - timedelta(hours=48)) < timedelta(seconds=1)
    assert due_then is None


@pytest.mark.parametrize("done", [0, 1, 2])
@in_a_world()
async def test_a_stale_job_changes_nothing(world: World, done: int) -> None:
    """Whatever was claimed before, processed again at any later time, has no effect."""
    await add()
    stale = []
    for _ in range(done + 1):
        stale.append(await claim(f"worker-{done}"))
        await reference.process_job(stale[-1].model_copy())
    before = await everything()

    for job in stale:
        await reference.process_job(job.model_copy())
        await reference.process_job(job)

    assert (await everything(), len(world.mails)) == (before, 1)


@pytest.mark.parametrize("done", [0, 1])
@in_a_world()
async def test_a_stale_job_does_not_end_a_later_claim(world: World, done: int) -> None:
    """The same worker has the job again, for the next step: the claim before it has no effect."""
    await add()
    for _ in range(done):
        await reference.process_job(await claim())
    stale = await claim()
    await reference.process_job(stale)
    await claim()
    before = await everything()

    await reference.process_job(stale)

    assert await everything() == before


@pytest.mark.parametrize("done", [0, 1, 2])
@in_a_world()
async def test_two_workers_with_one_job_do_its_step_once(world: World, done: int) -> None:
    """The same claim processed twice at once, and one taken over: one step forward."""
    await add()
    for _ in range(done):
        await reference.process_job(await claim())
    first = await claim("worker-1")
    await Job.filter(id=1).update(status="pending")
    second = await claim("worker-2")

    await asyncio.gather(*(reference.process_job(job) for job in (first, second, second)))

    following = [*STEPS, "done"][done + 1]
    assert (await Job.get(id=1)).current_step == following
    assert [name for name, _, _ in await steps()] == STEPS[1 : done + 1]
    assert len(world.mails) == 1


@in_a_world()
async def test_who_lost_the_job_does_not_advance_it(world: World) -> None:
    """A worker that was taken for dead, and comes back late, leaves it to the one that has it."""
    await add()
    late = await claim("worker-1")
    await Job.filter(id=1).update(status="pending")
    current = await claim("worker-2")

    await reference.process_job(late)
    untouched = await Job.get(id=1)
    await reference.process_job(current)

    assert untouched == current
    assert (await Job.get(id=1)).current_step == "analyze"
    assert len(world.mails) == 1


@pytest.mark.parametrize("status", ["completed", "failed"])
@pytest.mark.parametrize("step", [*STEPS, "done"])
@in_a_world()
async def test_a_finished_job_is_left_alone(world: World, step: Any, status: Any) -> None:
    """Nothing of it changes, wherever it ended, and nothing is sent."""
    await add()
    job = await claim()
    await Job.filter(id=1).update(status=status, current_step=step)
    before = await everything()

    await reference.process_job(await Job.get(id=1))
    if step == "send_email" and status == "failed":
        await reference.process_job(job)

    assert (await everything(), world.mails) == (before, [])


@pytest.mark.parametrize("service", ["replies", "sentiment"])
@in_a_world()
async def test_a_service_that_fails_puts_the_job_back(world: World, service: str) -> None:
    """It stays at its step, for a later claim, twice as late each time, and goes on after that."""
    await add()
    await reference.process_job(await claim())
    failing = getattr(world.services, service)
    works = failing.config
    failing.config = replace(works, error_rate=1)
    states = []
    for _ in range(2):
        await reference.process_job(await claim())
        row = await Job.get(id=1)
        assert row.scheduled_for
        wait_seconds = round((row.scheduled_for - now()).total_seconds())
        states.append((str(row.current_step), str(row.status), row.retry_count, wait_seconds))

    failing.config = works
    await reference.process_job(await claim())
    row = await Job.get(id=1)

    assert states == [("analyze", "pending", 1, 60), ("analyze", "pending", 2, 120)]
    assert (row.current_step, row.status, row.retry_count) == ("take_action", "pending", 0)
    assert [name for name, _, _ in await steps()] == STEPS[1:2]


@pytest.mark.parametrize("service", ["replies", "sentiment"])
@in_a_world()
async def test_a_service_that_is_down_for_good_fails_the_job(world: World, service: str) -> None:
    """After five claims the job is failed with the reason, at the step that could not be done."""
    await add()
    await reference.process_job(await claim())
    failing = getattr(world.services, service)
    failing.config = replace(failing.config, error_rate=1)

    for _ in range(5):
        await reference.process_job(await claim())

    row = await Job.get(id=1)
    assert (row.current_step, row.status) == ("analyze", JobStatus.FAILED)
    assert f"{service}: the " in str(row.error_message)
    assert await steps() == []


@in_a_world()
async def test_no_service_is_called_inside_a_transaction(world: World) -> None:
    """Between BEGIN and COMMIT a worker only asks the database."""
    await add()
    for _ in range(3):
        await reference.process_job(await claim())
        await wait(1)

    kinds = "".join(
        {"BEGIN IMMEDIATE": "(", "COMMIT": ")"}.get(operation.call, operation.kind[0])
        for operation in world.overseer.operations
    )
    inside = [part.partition(")")[0] for part in kinds.split("(")[1:]]
    assert inside == ["dd"] * 2
    assert kinds.count("s") == 3
    assert (await execute_sql("SELECT count(*) AS n FROM job_steps"))[0]["n"] == 2
