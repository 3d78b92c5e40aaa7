"""The worker: claim, process, show that one is alive, rest when there is nothing to do."""

import asyncio
import sqlite3
from datetime import datetime, timedelta

import pytest

from infra import current_worker_id, now
from infra.clock import sleep
from infra.context import current_job_id
from infra.models import Job
from infra.operations import Operation
from infra.simulation import Crash, Moment
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
from interviewer.selftests.world import World, in_a_world, new_world


@in_a_world(THREE_JOBS)
async def test_a_worker_claims_and_processes_until_cancelled(world: World) -> None:
    """Each job is processed once, under the worker's name; only a cancel ends the worker."""
    seen: list[tuple[str, int | None, int]] = []

    async def look(job: Job) -> None:
        seen.append((current_worker_id(), current_job_id(), job.id))
        await complete(job)

    told = Told(look)
    task = asyncio.create_task(told.worker("worker-7").run())
    await asyncio.sleep(60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert seen == [("worker-7", 1, 1), ("worker-7", 2, 2), ("worker-7", 3, 3)]
    assert (told.processed, told.errors) == ([1, 2, 3], [])
    assert await statuses() == ["completed"] * 3


@in_a_world(THREE_JOBS)
async def test_an_error_of_process_job_does_not_end_the_worker(world: World) -> None:
    """It goes to `on_error` with its job, which stays as it is, and the next job is claimed."""

    async def fail_at_two(job: Job) -> None:
        if job.id == 2:
            raise KeyError("two")
        await complete(job)

    told = Told(fail_at_two)
    await run_for(60, told.worker().run())

    assert (told.processed, told.errors) == ([1, 3], [(2, "KeyError('two')")])
    assert await statuses() == ["completed", "processing", "completed"]


@in_a_world(THREE_JOBS)
async def test_an_error_of_claim_next_job_does_not_end_the_worker(world: World) -> None:
    """It goes to `on_error` without a job, and the worker rests before it claims again."""
    failures = iter([KeyError("one"), KeyError("two")])

    async def claim_at_last() -> Job | None:
        for failure in failures:
            raise failure
        return await claim()

    told = Told(claim=claim_at_last)
    await run_for(60, told.worker().run())

    assert told.errors == [(None, "KeyError('one')"), (None, "KeyError('two')")]
    assert told.processed == [1, 2, 3]
    assert world.operations[1:5:2] == ["sleep(0.1)", "sleep(0.2)"]


@in_a_world(THREE_JOBS)
async def test_a_crash_ends_the_worker(world: World) -> None:
    """What is no Exception is not handled: a dead worker handles nothing."""

    async def die(job: Job) -> None:
        raise Crash("worker-1")

    told = Told(die)
    with pytest.raises(Crash):
        await told.worker().run()

    assert (told.processed, told.errors) == ([], [])


@in_a_world(THREE_JOBS)
async def test_a_long_job_has_heartbeats(world: World) -> None:
    """They come every ten seconds while the job is processed, and end with it."""
    told = Told(taking(35))

    await run_for(34, told.worker().run())
    job = await Job.get(id=1)
    await run_for(300, told.worker("worker-2").run())

    beats = times_of(world, "database", "SET last_heartbeat")
    assert [round(seconds) for seconds in beats if seconds < 34] == [10, 20, 30]
    assert job.last_heartbeat
    assert job.started_at
    assert round((job.last_heartbeat - job.started_at).total_seconds()) == 30
    # Jobs 2 and 3 are done 35 s each from second 34 on, then worker-2 is idle.
    assert max(beats) < 34 + 2 * 36
    assert await statuses() == ["processing", "completed", "completed"]


@in_a_world(THREE_JOBS)
async def test_a_heartbeat_is_for_ones_own_job_alone(world: World) -> None:
    """Who lost a job in hand to another worker leaves the other's row alone."""

    async def lose(job: Job) -> None:
        await Job.filter(id=job.id).update(worker_id="worker-2", last_heartbeat=None)
        await sleep(60)

    await run_for(50, Told(lose).worker().run())

    assert len(times_of(world, "database", "SET last_heartbeat")) >= 4
    assert (await Job.get(id=1)).last_heartbeat is None


def test_a_heartbeat_that_fails_is_no_harm() -> None:
    """A database that does not take it ends neither the job nor the worker."""

    class NoHeartbeats:
        def strikes(self, operation: Operation, moment: Moment) -> bool:
            if "SET last_heartbeat" in operation.call:
                raise sqlite3.OperationalError("disk I/O error")
            return False

    told = Told(taking(35))
    with new_world(THREE_JOBS, crashes=NoHeartbeats()) as world:
        world.run(run_for(200, told.worker().run()))

    assert (told.processed, told.errors) == ([1, 2, 3], [])


@in_a_world()
async def test_an_idle_worker_looks_less_and_less_often(world: World) -> None:
    """It waits twice as long each time, up to the maximum."""
    await run_for(30, Told().worker().run())

    sleeps = [words for words in world.operations if words.startswith("sleep")]
    assert sleeps[:9] == [f"sleep({n})" for n in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5)]


@in_a_world(THREE_JOBS)
async def test_a_job_ends_the_idleness(world: World) -> None:
    """After one the worker looks often again."""
    await Job.filter(id=3).update(scheduled_for=now() + timedelta(seconds=10))

    await run_for(30, Told().worker().run())

    sleeps = [float(words[6:-1]) for words in world.operations if words.startswith("sleep")]
    assert sleeps[:10] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, pytest.approx(3.7, abs=0.1), 0.1, 0.2, 0.4]


@pytest.mark.parametrize(("due_seconds", "at_seconds"), [(0.01, 0.1), (0.25, 0.25), (40.0, 40.0)])
@in_a_world(THREE_JOBS)
async def test_an_idle_worker_wakes_for_the_next_due_job(
    world: World, due_seconds: float, at_seconds: float
) -> None:
    """It is there when the job is due, but never looks again before its minimum is over."""
    due: datetime = now() + timedelta(seconds=due_seconds)
    await Job.filter(id__ne=0).update(scheduled_for=due)
    told = Told()

    await run_for(50, told.worker().run())

    started = (await Job.get(id=1)).started_at
    assert started
    assert (started - due).total_seconds() == pytest.approx(at_seconds - due_seconds, abs=0.02)
    assert started >= due
    sleeps = [float(words[6:-1]) for words in world.operations if words.startswith("sleep")]
    assert min(sleeps) >= 0.1
