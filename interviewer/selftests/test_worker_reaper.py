"""The reaper: what dead workers leave is brought back, what live ones hold is not."""

from datetime import timedelta

import pytest

from infra import current_worker_id, now
from infra.context import as_worker
from infra.models import Job
from infra.simulation import Crash
from infra.worker import reap, run_reaper
from interviewer.selftests.workers import (
    THREE_JOBS,
    Told,
    claim,
    complete,
    run_for,
    statuses,
    taking,
    times_of,
)
from interviewer.selftests.world import World, in_a_world


@in_a_world()
async def test_the_reaper_brings_back_what_is_stalled(world: World) -> None:
    """Processing without claim or heartbeat for more than its patience; nothing else."""
    recent = now() - timedelta(hours=1)
    old = recent - timedelta(microseconds=1)
    stalled: list[dict[str, object]] = [
        {"started_at": old},
        {"started_at": old, "last_heartbeat": old},
        {"started_at": None, "last_heartbeat": old},
        {"started_at": None},
        {"started_at": old, "worker_id": None},
    ]
    alive: list[dict[str, object]] = [
        {"started_at": recent},
        {"started_at": old, "last_heartbeat": recent},
        {"started_at": recent, "last_heartbeat": old},
        {"started_at": None, "last_heartbeat": recent},
        {"started_at": old, "status": "pending"},
        {"started_at": old, "status": "completed"},
        {"started_at": old, "status": "failed"},
    ]
    common = {"campaign_id": 1, "customer_email": "a@example.com", "retry_count": 2}
    given = {"status": "processing", "worker_id": "worker-1", "current_step": "analyze"}
    jobs = [await Job.create(**{**common, **given, **its}) for its in stalled + alive]

    number = await reap(patience_seconds=(now() - recent).total_seconds())

    reaped, left = await Job.filter(status="pending", worker_id=None).all(), await Job.all()
    assert number == len(stalled)
    assert reaped == left[: len(stalled)]
    assert [job.model_dump(exclude={"status", "worker_id"}) for job in reaped] == [
        job.model_dump(exclude={"status", "worker_id"}) for job in jobs[: len(stalled)]
    ]
    assert left[len(stalled) :] == jobs[len(stalled) :]


@in_a_world(THREE_JOBS)
async def test_the_reaper_looks_again_and_again(world: World) -> None:
    """It reaps once each interval, as a worker of that name."""
    with as_worker("worker-1"):
        await claim()
        await run_for(100, run_reaper(patience_seconds=60, interval_seconds=30))

    looks = [round(seconds) for seconds in times_of(world, "database", "worker_id = NULL")]
    assert looks == [30, 60, 90]
    assert {operation.worker for operation in world.overseer.operations} == {"worker-1", "reaper"}
    assert await statuses() == ["pending"] * 3


@in_a_world(THREE_JOBS)
async def test_a_dead_workers_job_is_done_by_another(world: World) -> None:
    """Its heartbeats end with it, so the reaper brings the job back, and the next one takes it."""

    async def die_at_one(job: Job) -> None:
        if job.id == 1 and current_worker_id() == "worker-1":
            world.overseer.dead.add("worker-1")
        await complete(job)

    told = Told(die_at_one)
    with pytest.raises(Crash):
        await told.worker("worker-1").run()
    await run_for(
        200, told.worker("worker-2").run(), run_reaper(patience_seconds=60, interval_seconds=30)
    )

    assert told.processed == [2, 3, 1]
    assert await statuses() == ["completed"] * 3


@in_a_world(THREE_JOBS)
async def test_heartbeats_keep_the_reaper_away(world: World) -> None:
    """A job that takes longer than the reaper's patience is its worker's all the same."""
    told = Told(taking(100))

    await run_for(350, told.worker().run(), run_reaper(patience_seconds=15, interval_seconds=1))

    assert told.processed == [1, 2, 3]
    assert [job.worker_id for job in await Job.all()] == ["worker-1"] * 3
