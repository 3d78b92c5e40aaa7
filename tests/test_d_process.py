"""Task D: run a job's current step, then advance it, whatever happens meanwhile."""

import asyncio
from collections import Counter
from contextlib import suppress
from itertools import count
from typing import Any

from infra.clock import now
from infra.errors import DatabaseBusyError
from infra.models import Job, JobStatus, JobStepName
from infra.services import classify, reply_for
from infra.simulation.scheduler import Act, Limits
from tests.judge.actor import Actor, Call
from tests.judge.broken import Broken
from tests.judge.delivery import CLAIMS_MAX, POLLS_MAX, hand_over, work_off
from tests.judge.judge import Judge
from tests.judge.stage import DOWN, Stage
from tests.judge.world import Watch, World, jobs

SENDGRID_FAULTS = (
    Act.RATE_LIMITED,
    Act.TIMEOUT_BEFORE_DELIVERY,
    Act.TIMEOUT_AFTER_DELIVERY,
)
STEPS = ("send_email", "analyze", "take_action")
MOVES: frozenset[Watch] = frozenset({"moves"})


def _customer(tone: str | None) -> str:
    """Return the first customer whose answer has that tone; `None` is no answer."""
    for number in count(1):
        email = f"customer{number}@example.com"
        reply = reply_for(email)
        if (reply and classify(reply)) == tone:
            return email
    raise AssertionError


HAPPY = _customer("positive")
ONE_JOB = jobs(f"campaign_id = 1, customer_email = '{HAPPY}'")
ALL_TONES = (
    jobs(
        *(
            f"campaign_id = {campaign}, customer_email = '{_customer(tone)}'"
            for campaign, tone in (
                (1, "positive"),
                (1, "negative"),
                (1, "neutral"),
                (1, None),
                (2, "negative"),
                (1, "positive"),
            )
        ),
        f"campaign_id = 1, customer_email = '{HAPPY}', created_at = '2029-09-01 09:00:00.000000'",
    )
    + "UPDATE campaigns SET status = 'paused' WHERE id = 2;"
)
INVALID = jobs("campaign_id = 1, customer_email = 'no-address'")
OPERATIONS_OF_POLLS = 8_000
"""Enough for POLLS_MAX claims, and what is done with each."""


def test_d1_the_workflow(judge: Judge) -> None:
    """A job goes send_email, analyze, take_action, done: a step a call, pending in between."""
    *_, stage = judge.explore(
        World(
            name="customers of all tones",
            play=_workflow,
            fill=ALL_TONES,
            operations_max=OPERATIONS_OF_POLLS,
            watches=MOVES,
        ),
        World(name="1 job", play=_workflow, fill=ONE_JOB, watches=MOVES),
    )
    _observe_workflow(judge, stage)


def _observe_workflow(judge: Judge, stage: Stage) -> None:
    """Tell what the steps do beyond what the rules ask for."""
    for step, asked in stage.asked_by_step.items():
        judge.observe(f"{step} asks {' and '.join(sorted(asked)) if asked else 'no service'}")
    judge.observe(f"rows in job_steps: {', '.join(stage.step_rows) or 'none'}")
    waits = [f"{seconds / 3600:.3g} h" for seconds in stage.notes[:6]]
    judge.observe(f"waits before the steps that follow: {', '.join(waits)}")


async def _workflow(stage: Stage) -> None:
    async def process(actor: Actor, job: Job) -> None:
        step = job.current_step
        call = await actor.process(job)
        stage.no_error(call, f"{step} is done, and the job moves on")
        row = stage.job(job.id)
        _check_left(row)
        if row.status == JobStatus.PENDING:
            due = row.scheduled_for or now()
            stage.notes.append(round((due - now()).total_seconds()))

    await work_off(stage, process, claims_max=POLLS_MAX + CLAIMS_MAX * len(stage.jobs()))
    _check_finished(stage)
    _check_asked(stage)
    rows = stage.select("SELECT DISTINCT step_name FROM job_steps ORDER BY step_name").rows
    stage.step_rows = tuple(str(name) for (name,) in rows)


def _check_asked(stage: Stage) -> None:
    """Check that the steps were run: who has answered was read, in whichever step."""
    asked = set().union(*stage.asked_by_step.values())
    for service, what in (("fetch_reply", "reply"), ("analyze_sentiment", "reply's sentiment")):
        if service not in asked:
            raise Broken(
                f"analyze finds out the {what}, or take_action does",
                f"all jobs are at done, and nobody has called {service}",
            )


def _check_left(row: Job) -> None:
    """Check how a call has left the job: for others to claim, or at its end.

    A step may be put back, as one that waits for the customer's reply: the job must only come to
    its end some day.
    """
    if row.current_step == JobStepName.DONE:
        if row.status not in (JobStatus.COMPLETED, JobStatus.PENDING):
            raise Broken("after the last step the job is completed at done", _state(row))
    elif row.status != JobStatus.PENDING:
        raise Broken("after a step the job is pending, for any worker to claim", _state(row))


def _state(row: Job) -> str:
    return f"job {row.id} is {row.status} at {row.current_step}"


def _check_finished(stage: Stage) -> None:
    """Check that every job is completed at done, and every customer was mailed once for each."""
    rows = stage.jobs()
    jobs_of = Counter(row.customer_email for row in rows)
    for row in rows:
        if (row.status, row.current_step) != (JobStatus.COMPLETED, JobStepName.DONE):
            raise Broken("in the end every job is completed at done", _state(row))
        delivered, wanted = stage.deliveries_to(row.customer_email), jobs_of[row.customer_email]
        if delivered != wanted:
            raise Broken(
                f"exactly {'one mail' if wanted == 1 else f'{wanted} mails'} to "
                f"{row.customer_email}",
                f"{delivered or 'no'} mail{'s' * (delivered != 1)}",
            )


def _learn(judge: Judge) -> None:
    """Learn which services the solution asks in each step, when all goes well."""
    stage = judge.rehearse(World(name="1 job", play=_workflow, fill=ONE_JOB, watches=MOVES))
    asked = stage.asked_by_step.items()
    judge.subject.work_of_steps = {step: frozenset(names) for step, names in asked}


def test_d2_called_again(judge: Judge) -> None:
    """Called again with the same or a stale Job: nothing is skipped, done twice or undone."""
    _learn(judge)
    judge.explore(
        World(name="1 job", play=_call_again, fill=ONE_JOB, watches=MOVES),
        World(
            name="1 job, by the same worker", play=_call_again_alone, fill=ONE_JOB, watches=MOVES
        ),
        World(
            name="no reply",
            play=_call_again,
            fill=_silent(),
            operations_max=OPERATIONS_OF_POLLS,
            watches=MOVES,
        ),
        *(
            World(
                name=f"a stale Job while {step} is under way",
                play=_stale_at(step),
                fill=ONE_JOB,
                watches=MOVES,
            )
            for step in STEPS[1:]
        ),
    )


def _silent() -> str:
    return jobs(f"campaign_id = 1, customer_email = '{_customer(None)}'")


async def _call_again(stage: Stage) -> None:
    await _again(stage, same_worker=False)


async def _call_again_alone(stage: Stage) -> None:
    await _again(stage, same_worker=True)


async def _again(stage: Stage, *, same_worker: bool) -> None:
    """Each claimed job is processed twice; between all calls come all earlier copies of it."""
    stage.work_of_steps = stage.subject.work_of_steps
    stage.hurries = True
    copies: list[dict[str, Any]] = []
    first = stage.actor()

    async def process(actor: Actor) -> None:
        job = await actor.take()
        if job is None:
            return
        await process_stale(actor)
        copies.append(dict(job.__dict__))
        await actor.process(job)
        await actor.process(job)
        await process_stale(actor)

    async def process_stale(actor: Actor) -> None:
        if same_worker:
            await _process_copies(actor, copies)
        else:
            await stage.alone(lambda other: _process_copies(other, copies))

    for _ in range(len(STEPS) + 2):
        await stage.together((first if same_worker else stage.actor(), process))
        await stage.pass_time(2)
    stage.hurries = False
    has_reply = reply_for(stage.job().customer_email) is not None
    await work_off(stage, _process, claims_max=CLAIMS_MAX if has_reply else POLLS_MAX)
    _check_finished(stage)


class _stale_at:  # noqa: N801 - a play, as the functions beside it are
    """All goes well until a step is claimed; then all earlier copies of the job are processed."""

    def __init__(self, step: str):
        self.step = step

    async def __call__(self, stage: Stage) -> None:
        copies = await _prelude(stage, self.step)
        if copies is None:
            return

        async def process(actor: Actor) -> None:
            job = await actor.take()
            await stage.alone(lambda other: _process_copies(other, copies))
            if job:
                await actor.process(job)

        await stage.alone(process)
        await work_off(stage, _process)
        _check_finished(stage)


async def _process_copies(actor: Actor, copies: list[dict[str, Any]]) -> None:
    for copy in copies:
        await actor.process(Job(**copy))


async def _process(actor: Actor, job: Job) -> None:
    await actor.process(job)


def test_d3_two_workers_one_job(judge: Judge) -> None:
    """Two workers with one job: in whatever order they go, it moves on as with one."""
    _learn(judge)
    judge.explore(
        *(two_workers_at(step) for step in STEPS),
        *(
            World(
                name=f"the same Job twice, at {step}",
                play=_shared(step),
                fill=ONE_JOB,
                limits=Limits(preemptions=1),
                runs_max=60,
                watches=MOVES,
            )
            for step in STEPS
        ),
    )


def two_workers_at(step: str) -> World:
    """Return the world of a slow worker whose job, at that step, another one has by now."""
    return World(
        name=f"a slow worker at {step}",
        play=_overtaken(step),
        fill=ONE_JOB,
        limits=Limits(preemptions=2),
        runs_max=130,
        samples=6,
        watches=MOVES,
    )


class _overtaken:  # noqa: N801 - a play, as the functions beside it are
    """A slow worker's job was reaped and claimed by another; both process it, and go on."""

    def __init__(self, step: str):
        self.step = step

    async def __call__(self, stage: Stage) -> None:
        if await _prelude(stage, self.step) is None:
            return
        slow, quick = stage.actor(), stage.actor()
        stale, current = await hand_over(stage, slow, quick)
        if stale and current:
            await _both(stage, slow, stale, quick, current)


class _reaped_at_work:  # noqa: N801 - a play, as the functions beside it are
    """A worker who began late is at work when its job is reaped, and another one overtakes it.

    The other one has claimed the next step by then, or has brought the job to its end.
    """

    def __init__(self, step: str, *, to_the_end: bool):
        self.step = step
        self.to_the_end = to_the_end

    async def __call__(self, stage: Stage) -> None:
        if await _prelude(stage, self.step) is None:
            return
        slow, quick = stage.actor(), stage.actor()
        held = await slow.take()
        assert held
        await stage.pass_time(3600)
        claimed: list[Job] = []

        async def process(actor: Actor) -> None:
            if actor is slow:
                await actor.process(held)
                return
            await actor.reap()
            for _ in STEPS:
                job = await actor.take()
                if job is None:
                    return
                if claimed and not self.to_the_end:
                    claimed.append(job)
                    return
                claimed.append(job)
                await actor.process(job)

        await stage.together((slow, process), (quick, process))
        if not self.to_the_end and len(claimed) > 1:
            await quick.process(claimed[-1])
        stage.hurries = False
        await work_off(stage, _process)
        _check_finished(stage)


class _overtaken_after:  # noqa: N801 - a play, as the functions beside it are
    """A worker's calls fail; after some errors its job is reaped, and brought to its end."""

    def __init__(self, step: str, errors: int):
        self.step = step
        self.errors = errors

    async def __call__(self, stage: Stage) -> None:
        if await _prelude(stage, self.step) is None:
            return
        slow, quick = stage.actor(), stage.actor()
        held = await slow.take()
        assert held
        await stage.pass_time(3600)
        stage.unlucky = slow.id
        begin = asyncio.Event()
        stage.on_error = lambda count: begin.set() if count == self.errors else None

        async def process(actor: Actor) -> None:
            if actor is slow:
                await actor.process(held)
                begin.set()
                return
            await begin.wait()
            await actor.reap()
            await _claim_and_process(actor)

        await stage.together((slow, process), (quick, process))
        stage.hurries = False
        await work_off(stage, _process)
        _check_finished(stage)


async def _claim_and_process(actor: Actor) -> None:
    """Bring a job to its end, as far as it can be claimed at once."""
    for _ in STEPS:
        job = await actor.take()
        if job is None:
            return
        await actor.process(job)


class _shared:  # noqa: N801 - a play, as the functions beside it are
    """Two workers have the same Job, as when a message is delivered twice."""

    def __init__(self, step: str):
        self.step = step

    async def __call__(self, stage: Stage) -> None:
        if await _prelude(stage, self.step) is None:
            return
        first, second = stage.actor(), stage.actor()
        job = await first.take()
        assert job
        await _both(stage, first, job, second, Job(**job.__dict__))


async def _prelude(stage: Stage, step: str) -> list[dict[str, Any]] | None:
    """Bring the job to that step, by the solution itself; return the copies that it was given.

    `None` when it does not come there in a hurry: a solution may insist on its own waits.
    """
    stage.work_of_steps = stage.subject.work_of_steps
    stage.hurries = True
    copies = []
    for _ in STEPS[: STEPS.index(step)]:
        actor = stage.actor()
        job = await actor.take()
        if job:
            copies.append(dict(job.__dict__))
            await actor.process(job)
        await stage.pass_time(2)
    row = stage.job()
    return copies if (row.status, row.current_step) == (JobStatus.PENDING, step) else None


async def _both(stage: Stage, slow: Actor, stale: Job, quick: Actor, current: Job) -> None:
    async def process(actor: Actor) -> None:
        await actor.process(stale if actor is slow else current)
        await _claim_and_process(actor)

    await stage.together((slow, process), (quick, process))
    stage.hurries = False
    await work_off(stage, _process)
    _check_finished(stage)


def test_d4_crash_anywhere(judge: Judge) -> None:
    """A worker may die anywhere: after the reaper another one brings the job to its end."""
    _learn(judge)
    judge.explore(
        World(
            name="1 job",
            play=_life,
            fill=ONE_JOB,
            limits=Limits(crashes=1),
            watches=MOVES,
        ),
        World(
            name="1 job, twice",
            play=_life,
            fill=ONE_JOB,
            limits=Limits(crashes=2, faults=1),
            faults=(Act.TIMEOUT_AFTER_DELIVERY,),
            runs_max=50,
            samples=6,
            watches=MOVES,
        ),
        World(
            name="2 workers",
            play=_overtaken("send_email"),
            fill=ONE_JOB,
            limits=Limits(preemptions=1, crashes=1),
            runs_max=50,
            samples=4,
            watches=MOVES,
        ),
    )


async def _life(stage: Stage) -> None:
    await work_off(stage, _process)
    _check_finished(stage)


def test_d5_finished_jobs(judge: Judge) -> None:
    """A completed or failed job is left alone."""
    judge.explore(
        World(name="completed", play=_after_the_end, fill=ONE_JOB, watches=MOVES),
        World(name="failed", play=_after_failure, fill=INVALID, watches=MOVES),
        *(
            World(
                name=f"failed at {step}",
                play=_failed_at(step),
                fill=jobs(
                    f"campaign_id = 1, customer_email = '{HAPPY}', current_step = '{step}', "
                    "status = 'failed', error_message = 'given up', worker_id = 'worker-9', "
                    "started_at = '2030-01-01 08:00:00.000000'"
                ),
                limits=Limits(faults=1),
                faults=(Act.ERROR, *SENDGRID_FAULTS),
                watches=MOVES,
            )
            for step in STEPS
        ),
    )


async def _after_the_end(stage: Stage) -> None:
    stage.hurries = True
    copies: list[dict[str, Any]] = []
    worker = stage.actor()

    async def process(actor: Actor) -> None:
        job = await actor.take()
        if job:
            copies.append(dict(job.__dict__))
            await actor.process(job)

    for _ in range(2 * len(STEPS)):
        await stage.together((worker, process))
        await stage.pass_time(2)
    if stage.open_jobs():
        return  # it insists on its own waits, longer than a key is good for
    _check_finished(stage)
    copies.append(dict(stage.job().__dict__))
    await _processed_in_vain(stage, copies)


async def _after_failure(stage: Stage) -> None:
    await work_off(stage, _process)
    row = stage.job()
    if row.status != JobStatus.FAILED:
        raise Broken("a job with an invalid address is failed in the end", _state(row))
    await _processed_in_vain(stage, [dict(row.__dict__)])


class _failed_at:  # noqa: N801 - a play, as the functions beside it are
    """A job that was given up is handed over as it is, and as it was before that."""

    def __init__(self, step: str):
        self.step = step

    async def __call__(self, stage: Stage) -> None:
        fresh = dict(stage.job().__dict__)
        stale = {**fresh, "status": JobStatus.PROCESSING, "error_message": None}
        await _processed_in_vain(stage, [fresh])
        # Who goes by the Job in hand may send the mail: its key keeps that from harm.
        await _processed_in_vain(stage, [stale], mails_may_go=self.step == "send_email")


async def _processed_in_vain(
    stage: Stage, copies: list[dict[str, Any]], *, mails_may_go: bool = False
) -> None:
    before = stage.job()
    delivered = len(stage.services.sendgrid.ledger.deliveries)
    for copy in copies:
        await stage.alone(lambda actor, copy=copy: actor.process(Job(**copy)))  # type: ignore[misc]
        after = stage.job()
        for name in Job.columns():
            old, new = getattr(before, name), getattr(after, name)
            if old != new and name != "last_heartbeat":
                raise Broken(
                    f"a {before.status} job is left alone", f"{name} was {old}, and is {new}"
                )
        if len(stage.services.sendgrid.ledger.deliveries) != delivered and not mails_may_go:
            raise Broken(f"no mail for a {before.status} job", "one more mail went out")


def test_d6_a_step_that_fails(judge: Judge) -> None:
    """A step that failed does not advance, and is done later; no call is made in a transaction."""
    watches: frozenset[Watch] = frozenset({"moves", "calls"})
    _learn(judge)
    judge.explore(
        World(
            name="SendGrid errors",
            play=_life_with_errors,
            fill=ONE_JOB,
            limits=Limits(faults=3),
            faults=SENDGRID_FAULTS,
            watches=watches,
        ),
        World(
            name="reply and sentiment errors",
            play=_life_with_errors,
            fill=ONE_JOB,
            limits=Limits(faults=3),
            faults=(Act.ERROR,),
            watches=watches,
        ),
        World(name="an invalid address", play=_life_of_invalid, fill=INVALID, watches=watches),
        *(
            World(
                name=f"SendGrid is down, {tries} tries so far",
                play=_life_while_down,
                fill=jobs(f"campaign_id = 1, customer_email = '{HAPPY}', retry_count = {tries}"),
                watches=watches,
            )
            for tries in (0, 4)
        ),
        *(
            World(
                name=f"a slow worker's error at {step}",
                play=_overtaken(step),
                fill=ONE_JOB,
                limits=Limits(preemptions=1, faults=1),
                faults=(Act.RATE_LIMITED, Act.ERROR),
                runs_max=60,
                watches=watches,
            )
            for step in STEPS[:2]
        ),
        *(
            World(
                name=f"an error at {step} of a worker who is reaped, {where}",
                play=_reaped_at_work(step, to_the_end=to_the_end),
                fill=ONE_JOB,
                limits=Limits(preemptions=1, faults=1),
                faults=(Act.RATE_LIMITED, Act.ERROR),
                runs_max=60,
                watches=watches,
            )
            for step in STEPS[:2]
            for where, to_the_end in (("a step on", False), ("to the end", True))
        ),
        *(
            World(
                name=f"{errors} errors at {step} of a worker who is then overtaken",
                play=_overtaken_after(step, errors),
                fill=ONE_JOB,
                limits=Limits(preemptions=1),
                runs_max=60,
                watches=watches,
            )
            for step in STEPS[:2]
            for errors in (2, 3)
        ),
        *(
            World(
                name=f"an invalid address, and {errors} of a slow worker",
                play=_invalid_overtaken(is_unlucky=not faults),
                fill=INVALID,
                limits=Limits(preemptions=1, faults=faults),
                faults=(Act.RATE_LIMITED,),
                runs_max=60,
                watches=watches,
            )
            for errors, faults in (("an error", 1), ("three errors", 0))
        ),
    )


async def _life_while_down(stage: Stage) -> None:
    stage.down = DOWN
    actor = stage.actor()
    for _ in range(12):
        job = await actor.take()
        if job:
            await actor.process(job)
        await stage.pass_time(max(stage.next_due() or 0, 3600) + 2)
        await stage.reap()
    row = stage.job()
    if row.current_step != JobStepName.SEND_EMAIL or row.status == JobStatus.COMPLETED:
        raise Broken("a job whose mail could not be sent stays at send_email", _state(row))


async def _life_with_errors(stage: Stage) -> None:
    async def process(actor: Actor, job: Job) -> None:
        call = await actor.process(job)
        _check_after_errors(stage.job(job.id), call)

    await work_off(stage, process)
    _check_finished(stage)


class _invalid_overtaken:  # noqa: N801 - a play, as the functions beside it are
    """A slow worker's job was reaped and claimed by another one; its address is invalid."""

    def __init__(self, *, is_unlucky: bool):
        self.is_unlucky = is_unlucky

    async def __call__(self, stage: Stage) -> None:
        slow, quick = stage.actor(), stage.actor()
        stage.unlucky = slow.id if self.is_unlucky else None
        stale, current = await hand_over(stage, slow, quick)
        assert stale
        assert current

        async def process(actor: Actor) -> None:
            await actor.process(stale if actor is slow else current)

        await stage.together((slow, process), (quick, process))
        await _life_of_invalid(stage)


def _check_after_errors(row: Job, call: Call) -> None:
    if row.status == JobStatus.PROCESSING and not (call.error or call.last_answer_failed):
        raise Broken(
            "a step that was done in the end leaves the job pending at the next one", _state(row)
        )
    if row.status == JobStatus.FAILED:
        raise Broken(
            "a transient error of a service does not fail the job",
            f"{_state(row)}: {row.error_message}",
        )


async def _life_of_invalid(stage: Stage) -> None:
    await work_off(stage, _process)
    row = stage.job()
    if (row.status, row.current_step) != (JobStatus.FAILED, JobStepName.SEND_EMAIL):
        raise Broken("a job whose mail can never be sent is failed at send_email", _state(row))


def test_d7_everything_at_once(judge: Judge) -> None:
    """20 workers, 200 jobs, crashes and errors: all are finished, all customers mailed once."""
    judge.explore(
        World(
            name="20 workers, 200 jobs",
            play=_everything,
            fill=jobs(
                *(
                    f"campaign_id = {1 + n % 2}, customer_email = '{email}'"
                    for n, email in enumerate(_customers(JOBS, silent=2))
                )
            ),
            limits=Limits(preemptions=1_000_000, crashes=8, faults=60),
            faults=(*SENDGRID_FAULTS, Act.ERROR),
            holds=False,
            runs_max=0,
            samples=1,
            operations_max=100 * JOBS,
            watches=frozenset({"moves", "calls"}),
        )
    )


WORKERS, JOBS = 20, 200

DAYS_MAX, QUIET_DAYS_MAX = 100, 4
"""When to stop waiting for the end: in all, and when nothing was due and nothing has happened."""

STALLED_AFTER = 8_000
"""So many operations without a step done: more than polling for two replies for two days takes."""


def _customers(many: int, *, silent: int) -> list[str]:
    """Return customers, all but a few of whom answer: a solution may ask again and again."""
    numbered = [f"customer{number}@example.com" for number in range(1, 2 * many)]
    answering = [email for email in numbered if reply_for(email)]
    others = [email for email in numbered if not reply_for(email)]
    return others[:silent] + answering[: many - silent]


async def _everything(stage: Stage) -> None:
    stage.stalled_after = STALLED_AFTER
    stage.too_long = lambda: _unfinished(stage)
    bell = asyncio.Event()
    shifts = [asyncio.ensure_future(_shift(stage, bell, place)) for place in range(WORKERS)]
    reaper = asyncio.ensure_future(_reap_now_and_then(stage, bell))
    try:
        await asyncio.gather(*shifts)
    finally:
        reaper.cancel()
    _check_finished(stage)


def _unfinished(stage: Stage) -> Broken:
    """Return what is wrong when there is no end to it."""
    open_jobs = stage.jobs("status IN ('pending', 'processing')")
    if not open_jobs:
        return Broken("nothing goes on when all jobs are finished", "a task that nobody has ended")
    others = f"{len(open_jobs) - 1} others are not finished"
    return Broken(
        "every job is finished in the end",
        f"after {len(stage.scheduler.operations):,} operations {_state(open_jobs[0])}, "
        f"and {others if open_jobs[1:] else 'all others are finished'}",
    )


async def _shift(stage: Stage, bell: asyncio.Event, place: int) -> None:
    """One worker after another claims and processes, until all jobs are finished."""

    async def work(actor: Actor) -> None:
        while goes_on():
            job = await actor.take() if stage.next_due() == 0 else None
            if job:
                await actor.process(job)
            else:
                await _doze(stage, bell, place)

    def goes_on() -> bool:
        is_quiet = stage.days() - stage.moved_on_day > QUIET_DAYS_MAX
        return stage.open_jobs() > 0 and stage.days() < DAYS_MAX and not is_quiet

    while goes_on():
        await stage.together((stage.actor(), work))


async def _doze(stage: Stage, bell: asyncio.Event, place: int) -> None:
    """Wait until a job is due, or has been brought back; not all wake at the same moment."""
    due_in_seconds = stage.next_due()
    with suppress(TimeoutError):
        wait_seconds = 3600 if due_in_seconds is None else due_in_seconds + 2
        async with asyncio.timeout(wait_seconds + place / 100):
            await bell.wait()
    if due_in_seconds:
        stage.moved_on_day = stage.days()


async def _reap_now_and_then(stage: Stage, bell: asyncio.Event) -> None:
    while True:
        await stage.pass_time(1800)
        # A transaction may be open for longer than the reaper waits: it comes again.
        with suppress(DatabaseBusyError):
            if await stage.reap():
                bell.set()
                bell.clear()
