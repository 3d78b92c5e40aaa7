"""Plays of several workers, or several calls, with one job that is at a given step."""

import asyncio
from dataclasses import replace

from infra.models import Job, JobStatus, JobStepName
from tests.judge.actor import Actor
from tests.judge.delivery import PATIENCE_SECONDS, check_given_up, hand_over
from tests.judge.stage import DOWN, Stage
from tests.judge.workflow import STEPS, come_to_the_end, copy_of, process_all

_CLAIMS_IN_OUTAGE = 36
_OPERATIONS_IN_OUTAGE_MAX = 1_000


class Overtaken:
    """A slow worker's job was reaped and claimed by another; both process it, and go on."""

    def __init__(self, step: str):
        self.step = step

    async def __call__(self, stage: Stage) -> None:
        if await prelude(stage, self.step) is None:
            return
        slow, quick = stage.actor(), stage.actor()
        stale, current = await hand_over(stage, slow, quick)
        if stale and current:
            await _both(stage, slow, stale, quick, current)


class Shared:
    """Two workers have the same Job, as when a message is delivered twice."""

    def __init__(self, step: str):
        self.step = step

    async def __call__(self, stage: Stage) -> None:
        first, second = stage.actor(), stage.actor()
        job = await _claimed_at(stage, self.step, first)
        if job:
            await _both(stage, first, job, second, copy_of(job))


class ReapedAtWork:
    """A worker who began late is at work when its job is reaped, and another one overtakes it.

    The other one has done so many steps by then, and has claimed the next if there is one.
    """

    def __init__(self, step: str, steps_on: int):
        self.step = step
        self.steps_on = steps_on

    async def __call__(self, stage: Stage) -> None:
        slow, quick = stage.actor(), stage.actor()
        held = await _claimed_at(stage, self.step, slow)
        if held is None:
            return
        await stage.pass_time(PATIENCE_SECONDS)
        await _overtake(stage, slow, held, quick, self.steps_on)
        await come_to_the_end(stage)


class Frozen:
    """A worker freezes when its mail is out; its job is reaped, and another one overtakes it.

    The other one has done so many steps by then, and has claimed the next if there is one.
    """

    def __init__(self, steps_on: int):
        self.steps_on = steps_on

    async def __call__(self, stage: Stage) -> None:
        slow, quick = stage.actor(), stage.actor()
        held = await _claimed_at(stage, "send_email", slow)
        if held is None:
            return
        begin = _freezes_when_sent(stage, slow)
        await _overtake(stage, slow, held, quick, self.steps_on, begin, PATIENCE_SECONDS)
        await come_to_the_end(stage)


class OvertakenAfter:
    """A worker's calls fail; after some errors its job is reaped, and another one overtakes it.

    The other one has done so many steps by then, and has claimed the next if there is one.
    """

    def __init__(self, step: str, errors: int, steps_on: int):
        self.step = step
        self.errors = errors
        self.steps_on = steps_on

    async def __call__(self, stage: Stage) -> None:
        slow, quick = stage.actor(), stage.actor()
        held = await _claimed_at(stage, self.step, slow)
        if held is None:
            return
        await stage.pass_time(PATIENCE_SECONDS)
        tries_before = held.retry_count
        stage.unlucky = slow.id
        begin = asyncio.Event()
        stage.on_error = lambda count: begin.set() if count == self.errors else None
        await _overtake(stage, slow, held, quick, self.steps_on, begin)
        row = stage.job()
        if (row.status, row.current_step) == (JobStatus.FAILED, JobStepName.SEND_EMAIL):
            # It may give up after enough tries, though another one is trying too.
            check_given_up(stage, row, tries_before=tries_before)
            return
        await come_to_the_end(stage)


class OvertakenInOutage:
    """A worker's job is reaped, and sent by another one; from then on SendGrid is down for good.

    The other one has claimed the next step by the end, or has brought the job to its end.
    """

    def __init__(self, *, to_the_end: bool):
        self.to_the_end = to_the_end

    async def __call__(self, stage: Stage) -> None:
        slow, quick = stage.actor(), stage.actor()
        held = await _claimed_at(stage, "send_email", slow)
        if held is None:
            return
        await stage.pass_time(PATIENCE_SECONDS)
        stage.down_once_sent = DOWN
        through = asyncio.Event()

        async def process(actor: Actor) -> None:
            if actor is slow:
                await actor.process(held)
                through.set()
                return
            await actor.reap()
            job = await _processed(actor, 1)
            if not self.to_the_end:
                await through.wait()
            if job:
                await actor.process(job)
                await _claim_and_process(actor)

        await stage.together((slow, process), (quick, process))
        await _come_to_the_end_if_sent(stage)


class GivenUpMeanwhile:
    """A worker freezes when its mail is out; SendGrid is down, and another one gives the job up."""

    async def __call__(self, stage: Stage) -> None:
        slow, quick = stage.actor(), stage.actor()
        held = await _claimed_at(stage, "send_email", slow)
        if held is None:
            return
        stage.down_once_sent = DOWN
        begin = _freezes_when_sent(stage, slow)

        async def process(actor: Actor) -> None:
            if actor is slow:
                await actor.process(held)
                begin.set()
                return
            await begin.wait()
            await stage.pass_time(PATIENCE_SECONDS)
            await actor.reap()
            for _ in range(_CLAIMS_IN_OUTAGE):
                if len(stage.scheduler.operations) > _OPERATIONS_IN_OUTAGE_MAX:
                    break
                stage.count_anew()
                if job := await actor.take():
                    await actor.process(job)
                await stage.pass_time(2)
            stage.scheduler.frozen.clear()

        await stage.together((slow, process), (quick, process))
        await _come_to_the_end_if_sent(stage)


class PutBack:
    """A worker's calls fail, and it puts the job back; meanwhile another one looks for a job."""

    def __init__(self, step: str, errors: int):
        self.step = step
        self.errors = errors

    async def __call__(self, stage: Stage) -> None:
        first, second = stage.actor(), stage.actor()
        held = await _claimed_at(stage, self.step, first)
        if held is None:
            return
        stage.unlucky = first.id
        begin, through = asyncio.Event(), asyncio.Event()
        stage.on_error = lambda count: begin.set() if count == self.errors else None

        async def process(actor: Actor) -> None:
            if actor is first:
                await actor.process(held)
                begin.set()
                through.set()
                return
            await begin.wait()
            job = await actor.take()
            await through.wait()
            if job:
                await actor.process(job)

        await stage.together((first, process), (second, process))
        await come_to_the_end(stage)


class ClaimedAgain:
    """A worker's job is reaped while it is at work, and the same worker claims it again."""

    def __init__(self, step: str):
        self.step = step

    async def __call__(self, stage: Stage) -> None:
        worker, reaper = stage.actor(), stage.actor()
        held = await _claimed_at(stage, self.step, worker)
        if held is None:
            return
        await stage.pass_time(PATIENCE_SECONDS)

        async def process(actor: Actor) -> None:
            if actor is reaper:
                await actor.reap()
                return
            await actor.process(held)
            await _claim_and_process(actor)

        await stage.together((worker, process), (reaper, process))
        await come_to_the_end(stage)


class StaleAt:
    """A worker is at work on a step, as another one processes all earlier copies of the job."""

    def __init__(self, step: str):
        self.step = step

    async def __call__(self, stage: Stage) -> None:
        copies = await prelude(stage, self.step)
        if copies is None:
            return
        worker, other = stage.actor(), stage.actor()
        job = await worker.take()
        if job is None:
            return
        # So that the other one comes while this one waits.
        replies = stage.services.replies
        replies.config = replace(replies.config, latency_seconds=0.5)

        async def process(actor: Actor) -> None:
            if actor is other:
                await stage.pass_time(0.001)
            await process_all(actor, copies if actor is other else [job])

        await stage.together((worker, process), (other, process))
        await come_to_the_end(stage)


class StaleAtTheSameWorker:
    """A worker has claimed the job's next step, and is then given what it was given before."""

    def __init__(self, step: str):
        self.step = step

    async def __call__(self, stage: Stage) -> None:
        worker = stage.actor()
        copies = await prelude(stage, self.step, worker)
        if copies is None:
            return

        async def process(actor: Actor) -> None:
            job = await actor.take()
            if job:
                await process_all(actor, [*copies, job])

        await stage.together((worker, process))
        await come_to_the_end(stage)


async def _claimed_at(stage: Stage, step: str, worker: Actor) -> Job | None:
    """Bring the job to that step, and let the worker claim it; `None` when that does not come."""
    return None if await prelude(stage, step) is None else await worker.take()


async def prelude(stage: Stage, step: str, worker: Actor | None = None) -> list[Job] | None:
    """Bring the job to that step, by the solution itself; return copies of what it was given.

    A new worker does each step if not said which. `None` when the job does not come there in a
    hurry: a solution may insist on its own waits.
    """
    stage.work_of_steps = stage.subject.work_of_steps
    stage.hurries = True
    copies = []
    for _ in STEPS[: STEPS.index(step)]:
        actor = worker or stage.actor()
        job = await actor.take()
        if job:
            copies.append(copy_of(job))
            await actor.process(job)
        await stage.pass_time(2)
    row = stage.job()
    return copies if (row.status, row.current_step) == (JobStatus.PENDING, step) else None


async def _both(stage: Stage, slow: Actor, stale: Job, quick: Actor, current: Job) -> None:
    async def process(actor: Actor) -> None:
        await actor.process(stale if actor is slow else current)
        await _claim_and_process(actor)

    await stage.together((slow, process), (quick, process))
    await come_to_the_end(stage)


async def _come_to_the_end_if_sent(stage: Stage) -> None:
    """Have a job brought to its end that has left send_email; as SendGrid is down, no other can."""
    if stage.job().current_step != JobStepName.SEND_EMAIL:
        await come_to_the_end(stage)


def _freezes_when_sent(stage: Stage, worker: Actor) -> asyncio.Event:
    """Let the worker do nothing any more once its mail is out; return what tells that it is."""
    frozen = asyncio.Event()

    def freeze(name: str) -> None:
        if name == worker.id:
            stage.scheduler.frozen.add(name)
            frozen.set()

    stage.on_sent = freeze
    return frozen


async def _overtake(
    stage: Stage,
    slow: Actor,
    held: Job,
    quick: Actor,
    steps_on: int,
    begin: asyncio.Event | None = None,
    rest_seconds: float = 0,
) -> None:
    """Let a worker process its job, which meanwhile is reaped, and processed by another one.

    That one waits for `begin`, if given, and then rests; it wakes who is frozen when it has done so
    many steps, and has claimed the next. It processes that when both are through.
    """
    claimed: list[Job] = []

    async def process(actor: Actor) -> None:
        if actor is slow:
            await actor.process(held)
            if begin:
                begin.set()
            return
        if begin:
            await begin.wait()
        if rest_seconds:
            await stage.pass_time(rest_seconds)
        await actor.reap()
        if job := await _processed(actor, steps_on):
            claimed.append(job)
        stage.scheduler.frozen.clear()

    await stage.together((slow, process), (quick, process))
    for job in claimed:
        await quick.process(job)


async def _processed(actor: Actor, steps: int) -> Job | None:
    """Do so many steps of a job, as far as it can be claimed; return it as it is claimed next."""
    for _ in range(steps):
        job = await actor.take()
        if job is None:
            return None
        await actor.process(job)
    return await actor.take()


async def _claim_and_process(actor: Actor) -> None:
    """Bring a job to its end, as far as it can be claimed at once."""
    for _ in STEPS:
        job = await actor.take()
        if job is None:
            return
        await actor.process(job)
