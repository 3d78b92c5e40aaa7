"""Task D: run a job's current step, then advance it, whatever happens meanwhile."""

from itertools import count

from infra.clock import now
from infra.mistakes import line_of, told
from infra.models import Job, JobStatus, JobStepName
from infra.services import classify, reply_for
from infra.simulation.scheduler import Act, Limits
from tests.judge.actor import Actor, Call
from tests.judge.broken import Broken
from tests.judge.changes import Changes
from tests.judge.delivery import (
    CLAIMS_MAX,
    PATIENCE_SECONDS,
    POLLS_MAX,
    check_given_up,
    work_off,
)
from tests.judge.judge import Judge
from tests.judge.production import everything
from tests.judge.rivals import (
    ClaimedAgain,
    Frozen,
    GivenUpMeanwhile,
    Overtaken,
    OvertakenAfter,
    OvertakenInOutage,
    PutBack,
    ReapedAtWork,
    Shared,
    StaleAt,
    StaleAtTheSameWorker,
    prelude,
)
from tests.judge.stage import DOWN, Stage
from tests.judge.workflow import (
    MOVES,
    STEPS,
    check_finished,
    check_left,
    check_not_left,
    copy_of,
    process_all,
    process_one,
    state_of,
    wrong_state,
)
from tests.judge.world import Watch, World, jobs, starting

SENDGRID_FAULTS = (
    Act.RATE_LIMITED,
    Act.TIMEOUT_BEFORE_DELIVERY,
    Act.TIMEOUT_AFTER_DELIVERY,
)


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
UNUSUAL = ("Ada.O''Neil+news@Example.com", "zoë@bücher.example")
"""Addresses, as SQL has them, that must be mailed as they are.

Both customers answer: who polls for the replies of several comes to more claims than POLLS_MAX.
"""

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
        f"campaign_id = 1, customer_email = '{HAPPY}', created_at = '2029-09-01 09:00:00.000000', "
        "retry_count = 3, error_message = 'timed out', worker_id = 'worker-9'",
        *(f"campaign_id = 1, customer_email = '{email}'" for email in UNUSUAL),
    )
    + "UPDATE campaigns SET status = 'paused' WHERE id = 2;"
)
SILENT = jobs(f"campaign_id = 1, customer_email = '{_customer(None)}'")
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
        World(
            name="1 job, at the end of the year",
            play=starting("2030-12-31 23:59:50", _workflow),
            fill=ONE_JOB,
            watches=MOVES,
        ),
    )
    _observe_workflow(judge, stage)


def _observe_workflow(judge: Judge, stage: Stage) -> None:
    """Tell what the steps do beyond what the rules ask for."""
    for step, asked in stage.answers.by_step.items():
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
        check_left(stage, row)
        if row.status == JobStatus.PENDING:
            due = row.scheduled_for or now()
            stage.notes.append(max(0, round((due - now()).total_seconds())))

    addresses = {job.id: job.customer_email for job in stage.jobs()}
    await work_off(stage, process, claims_max=POLLS_MAX + CLAIMS_MAX * len(stage.jobs()))
    for job in stage.jobs():
        if job.customer_email != addresses[job.id]:
            raise Broken(
                "a customer's address stays as it was given",
                f"{addresses[job.id]} became {job.customer_email}",
            )
    check_finished(stage)
    _check_asked(stage)
    rows = stage.select("SELECT DISTINCT step_name FROM job_steps ORDER BY step_name").rows
    stage.step_rows = tuple(str(name) for (name,) in rows)


def _check_asked(stage: Stage) -> None:
    """Check that the steps were run: who has answered was read, in whichever step."""
    asked = set().union(*stage.answers.by_step.values())
    for service, what in (("fetch_reply", "reply"), ("analyze_sentiment", "reply's sentiment")):
        if service not in asked:
            raise Broken(
                f"analyze finds out the {what}, or take_action does",
                f"all jobs are at done, and nobody has called {service}",
            )


def _learn(judge: Judge) -> None:
    """Learn which services the solution asks in each step, when all goes well."""
    judge.subject.work_of_steps = judge.subject.work_of_steps or _work_of_steps(judge, ONE_JOB)


def _work_of_steps(judge: Judge, fill: str) -> dict[str, frozenset[str]]:
    stage = judge.rehearse(
        World(
            name="1 job",
            play=_workflow,
            fill=fill,
            operations_max=OPERATIONS_OF_POLLS,
            watches=MOVES,
        )
    )
    return {step: frozenset(names) for step, names in stage.answers.by_step.items()}


def test_d2_called_again(judge: Judge) -> None:
    """Called again with the same or a stale Job: nothing is skipped, done twice or undone."""
    _learn(judge)
    usual = judge.subject.work_of_steps
    # Without a reply there may be nothing to ask the other services.
    usual_in_silence = _work_of_steps(judge, SILENT)
    judge.explore(
        World(name="1 job", play=_CalledAgain(usual), fill=ONE_JOB, watches=MOVES),
        World(
            name="1 job, by the same worker",
            play=_CalledAgain(usual, by_one=True),
            fill=ONE_JOB,
            watches=MOVES,
        ),
        World(
            name="no reply",
            play=_CalledAgain(usual_in_silence),
            fill=SILENT,
            operations_max=OPERATIONS_OF_POLLS,
            watches=MOVES,
        ),
        *(
            World(
                name=f"a stale Job while {step} is under way",
                play=StaleAt(step),
                fill=ONE_JOB,
                limits=Limits(preemptions=1),
                runs_max=30,
                watches=MOVES,
            )
            for step in STEPS[1:]
        ),
        *(
            World(
                name=f"a stale Job before {step}, by the same worker",
                play=StaleAtTheSameWorker(step),
                fill=ONE_JOB,
                watches=MOVES,
            )
            for step in STEPS[1:]
        ),
    )


class _CalledAgain:
    """Each claimed job is processed twice; between all calls come all earlier copies of it.

    `usual` are the services that each step asks of such a customer.
    """

    def __init__(self, usual: dict[str, frozenset[str]], *, by_one: bool = False):
        self.usual = usual
        self.by_one = by_one

    async def __call__(self, stage: Stage) -> None:
        stage.work_of_steps = self.usual
        stage.hurries = True
        earlier: list[Job] = []
        first = stage.actor()

        async def process(actor: Actor) -> None:
            job = await actor.take()
            if job is None:
                return
            await process_earlier(actor)
            earlier.append(copy_of(job))
            await actor.process(job)
            await actor.process(job)
            check_not_left(stage)
            await process_earlier(actor)

        async def process_earlier(actor: Actor) -> None:
            if self.by_one:
                await process_all(actor, earlier)
            else:
                await stage.alone(lambda other: process_all(other, earlier))

        for _ in range(len(STEPS) + 2):
            await stage.together((first if self.by_one else stage.actor(), process))
            check_not_left(stage)
            await stage.pass_time(2)
        stage.hurries = False
        has_reply = reply_for(stage.job().customer_email) is not None
        await work_off(stage, process_one, claims_max=CLAIMS_MAX if has_reply else POLLS_MAX)
        check_finished(stage)


def test_d3_two_workers_one_job(judge: Judge) -> None:
    """Two workers with one job: in whatever order they go, it moves on as with one."""
    _learn(judge)
    judge.explore(
        *(two_workers_at(step) for step in STEPS),
        *(
            World(
                name=f"the same Job twice, at {step}",
                play=Shared(step),
                fill=ONE_JOB,
                limits=Limits(preemptions=1),
                runs_max=60,
                watches=MOVES,
            )
            for step in STEPS
        ),
        *(
            World(
                name=f"a worker that is reaped at {step}, and claims again",
                play=ClaimedAgain(step),
                fill=ONE_JOB,
                limits=Limits(preemptions=1),
                runs_max=30,
                watches=MOVES,
            )
            for step in STEPS[:2]
        ),
        *(
            World(
                name=f"a worker that is reaped at work on {step}, {_where(step, steps_on)}",
                play=ReapedAtWork(step, steps_on),
                fill=ONE_JOB,
                limits=Limits(preemptions=1),
                runs_max=30,
                watches=MOVES,
            )
            for number, step in enumerate(STEPS)
            for steps_on in range(1, len(STEPS) - number + 1)
        ),
        *(
            World(
                name=f"a worker that is frozen once its mail is out, {_where(STEPS[0], steps_on)}",
                play=Frozen(steps_on),
                fill=ONE_JOB,
                limits=Limits(preemptions=1),
                runs_max=20,
                watches=MOVES,
            )
            for steps_on in range(1, len(STEPS) + 1)
        ),
    )


def _where(step: str, steps_on: int) -> str:
    """Tell how far another worker has come with a job, when its slow one goes on."""
    if STEPS.index(step) + steps_on >= len(STEPS):
        return "to the end"
    return "a step on" if steps_on == 1 else "two steps on"


def two_workers_at(step: str) -> World:
    """Return the world of a slow worker whose job, at that step, another one has by now."""
    return World(
        name=f"a slow worker at {step}",
        play=Overtaken(step),
        fill=ONE_JOB,
        limits=Limits(preemptions=2),
        runs_max=130,
        samples=6,
        watches=MOVES,
    )


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
            play=Overtaken("send_email"),
            fill=ONE_JOB,
            limits=Limits(preemptions=1, crashes=1),
            runs_max=50,
            samples=4,
            watches=MOVES,
        ),
    )


async def _life(stage: Stage) -> None:
    await work_off(stage, process_one)
    check_finished(stage)


def test_d5_finished_jobs(judge: Judge) -> None:
    """A completed or failed job is left alone."""
    judge.explore(
        World(name="completed", play=_after_the_end, fill=ONE_JOB, watches=MOVES),
        World(name="failed", play=_after_failure, fill=INVALID, watches=MOVES),
        *(
            World(
                name=f"failed at {step}",
                play=_FailedAt(step),
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
    copies: list[Job] = []
    worker = stage.actor()

    async def process(actor: Actor) -> None:
        job = await actor.take()
        if job:
            copies.append(copy_of(job))
            await actor.process(job)

    for _ in range(2 * len(STEPS)):
        await stage.together((worker, process))
        await stage.pass_time(2)
    if stage.open_jobs():
        return  # it insists on its own waits, longer than a key is good for
    check_finished(stage)
    copies.append(stage.job())
    await _processed_in_vain(stage, copies)
    await _processed_in_vain(stage, copies, worker)


async def _after_failure(stage: Stage) -> None:
    worker = stage.actor()
    copies: list[Job] = []

    async def process(actor: Actor, job: Job) -> None:
        copies.append(copy_of(job))
        await actor.process(job)

    await work_off(stage, process, crew=[worker])
    row = stage.job()
    if row.status != JobStatus.FAILED:
        raise wrong_state(stage, row, "a job with an invalid address is failed in the end")
    await _processed_in_vain(stage, [row, *copies])
    await _processed_in_vain(stage, [row, *copies], worker)


class _FailedAt:
    """A job that was given up is handed over as it is, and as it was before that."""

    def __init__(self, step: str):
        self.step = step

    async def __call__(self, stage: Stage) -> None:
        fresh = stage.job()
        given_up = {"status": JobStatus.PROCESSING, "error_message": None}
        stale = Job(**{**fresh.__dict__, **given_up})
        await _processed_in_vain(stage, [fresh])
        # Who goes by the Job in hand may send the mail: its key keeps that from harm.
        await _processed_in_vain(stage, [stale], mails_may_go=self.step == "send_email")


async def _processed_in_vain(
    stage: Stage, jobs: list[Job], worker: Actor | None = None, *, mails_may_go: bool = False
) -> None:
    """Let a worker process each, a new one if not said which, and check that nothing changes."""
    before = stage.job()
    delivered = len(stage.services.sendgrid.ledger.deliveries)
    changes = Changes(stage)
    for job in jobs:
        actor = worker or stage.actor()
        await stage.together((actor, lambda actor, job=job: actor.process(copy_of(job))))  # type: ignore[misc]
        after = stage.job()
        for name in Job.columns():
            old, new = getattr(before, name), getattr(after, name)
            if old != new:
                raise Broken(
                    f"a {before.status} job is left alone",
                    f"{name} was {old}, and is {new}",
                    line=changes.line(before.id),
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
            name="reply and sentiment errors, 1 worker",
            play=_life_with_errors_of_one,
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
                name=f"down once the mail is out, {tries} tries so far, {where}",
                play=OvertakenInOutage(to_the_end=to_the_end),
                fill=jobs(f"campaign_id = 1, customer_email = '{HAPPY}', retry_count = {tries}"),
                limits=Limits(preemptions=1),
                runs_max=60,
                watches=watches,
            )
            for tries in (0, 7, 19)
            for where, to_the_end in (("a step on", False), ("to the end", True))
        ),
        World(
            name="given up while a worker whose mail is out is frozen",
            play=GivenUpMeanwhile(),
            fill=ONE_JOB,
            watches=watches,
        ),
        *(
            World(
                name=f"a slow worker's error at {step}",
                play=Overtaken(step),
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
                name=f"an error at {step} of a worker who is reaped, {_where(step, steps_on)}",
                play=ReapedAtWork(step, steps_on),
                fill=ONE_JOB,
                limits=Limits(preemptions=1, faults=1),
                faults=(Act.RATE_LIMITED, Act.ERROR),
                runs_max=60,
                watches=watches,
            )
            for number, step in enumerate(STEPS[:2])
            for steps_on in (1, len(STEPS) - number)
        ),
        *(
            World(
                name=f"{errors} errors at {step} of a worker who is then overtaken, "
                f"{_where(step, steps_on)}",
                play=OvertakenAfter(step, errors, steps_on),
                fill=ONE_JOB,
                limits=Limits(preemptions=1),
                runs_max=60 if steps_on > 1 else 20,
                watches=watches,
            )
            for step in STEPS[:2]
            for errors, steps_on in ((2, len(STEPS)), (3, len(STEPS)), (3, 1))
        ),
        *(
            World(
                name=f"{words}, {tries} tries so far, of a worker who is then overtaken",
                play=OvertakenAfter("send_email", errors, len(STEPS)),
                fill=jobs(f"campaign_id = 1, customer_email = '{HAPPY}', retry_count = {tries}"),
                limits=Limits(preemptions=1),
                runs_max=16,
                watches=watches,
            )
            for errors, words in ((1, "an error"), (3, "three errors"))
            for tries in (4, 7)
        ),
        *(
            World(
                name=f"the {service} service is down for a while, from {step} on",
                play=_DownForAWhile(service, step),
                fill=ONE_JOB,
                watches=watches,
            )
            for service in ("reply", "sentiment")
            for step in STEPS[1:]
        ),
        *(
            World(
                name=f"{words} at {step} of a worker who puts the job back",
                play=PutBack(step, errors),
                fill=ONE_JOB,
                limits=Limits(preemptions=1),
                runs_max=60,
                watches=watches,
            )
            for step, errors, words in (
                ("send_email", 1, "an error"),
                ("send_email", 3, "three errors"),
            )
        ),
        *(
            World(
                name=f"an invalid address, and {errors} of a slow worker",
                play=_InvalidOvertaken(is_unlucky=not faults),
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
    tries_before = stage.job().retry_count

    async def process(actor: Actor) -> None:
        if job := await actor.take():
            _check_put_back(stage, await actor.process(job))

    for _ in range(12):
        stage.count_anew()
        await stage.together((actor, process))
        await stage.pass_time(max(stage.next_due() or 0, 3600) + 2)
        await stage.reap()
    row = stage.job()
    if row.current_step != JobStepName.SEND_EMAIL or row.status == JobStatus.COMPLETED:
        raise wrong_state(stage, row, "a job whose mail could not be sent stays at send_email")
    if row.status == JobStatus.FAILED:
        check_given_up(stage, row, tries_before=tries_before)
    if row.status == JobStatus.PENDING and row.retry_count <= tries_before:
        raise Broken(
            "retry_count is raised when the job is left for a later claim",
            f"retry_count is {row.retry_count}, as before, after {len(stage.calls)} calls",
        )


async def _life_with_errors(stage: Stage) -> None:
    await _troubled_life(stage, None)


async def _life_with_errors_of_one(stage: Stage) -> None:
    await _troubled_life(stage, [stage.actor()])


async def _troubled_life(stage: Stage, crew: list[Actor] | None) -> None:
    stage.work_of_steps = stage.subject.work_of_steps

    async def process(actor: Actor, job: Job) -> None:
        call = await actor.process(job)
        _check_after_errors(stage, stage.job(job.id), call)

    await work_off(stage, process, crew=crew)
    check_finished(stage)


class _DownForAWhile:
    """From some step on, a job meets more errors of a service than three."""

    def __init__(self, service: str, step: str):
        self.service = service
        self.step = step

    async def __call__(self, stage: Stage) -> None:
        if await prelude(stage, self.step) is None:
            return
        stage.hurries = False
        services = stage.services
        other = services.sentiment if self.service == "reply" else services.replies
        other.fails = lambda: False
        worker = stage.actor()
        stage.unlucky, stage.errors_max = worker.id, _ERRORS_OF_AN_OUTAGE
        await work_off(stage, process_one, crew=[worker], claims_max=_CLAIMS_OF_AN_OUTAGE)
        if stage.job().status != JobStatus.FAILED:
            check_finished(stage)


_ERRORS_OF_AN_OUTAGE = 8
_CLAIMS_OF_AN_OUTAGE = 2 * CLAIMS_MAX


class _InvalidOvertaken:
    """A slow worker's job is reaped, and claimed by another one; its address is invalid."""

    def __init__(self, *, is_unlucky: bool):
        self.is_unlucky = is_unlucky

    async def __call__(self, stage: Stage) -> None:
        slow, quick = stage.actor(), stage.actor()
        stage.unlucky = slow.id if self.is_unlucky else None
        held = await slow.take()
        assert held
        await stage.pass_time(PATIENCE_SECONDS)

        async def process(actor: Actor) -> None:
            if actor is slow:
                await actor.process(held)
                return
            await actor.reap()
            if job := await actor.take():
                await actor.process(job)

        await stage.together((slow, process), (quick, process))
        await _life_of_invalid(stage)


def _check_put_back(stage: Stage, call: Call) -> None:
    """Check that a mail that was not sent leaves the job for others at once, and no error does."""
    row = stage.job()
    if (row.status, row.current_step) == (JobStatus.PROCESSING, JobStepName.SEND_EMAIL):
        path = stage.subject.path
        end = f"raised {told(call.error, path)}" if call.error else "returned"
        raise Broken(
            "a mail that was not sent leaves the job pending, for a later claim",
            f"process_job {end}, and {state_of(row)}",
            why="Nobody works on it, and nobody else can claim it until the reaper comes.",
            worker=call.worker,
            line=line_of(call.error, path) if call.error else None,
        )


def _check_after_errors(stage: Stage, row: Job, call: Call) -> None:
    _check_put_back(stage, call)
    if row.status == JobStatus.PROCESSING and not (call.error or call.last_answer_failed):
        raise Broken(
            "a step that was done in the end leaves the job pending at the next one", state_of(row)
        )
    if row.status == JobStatus.FAILED:
        expected = "a transient error of a service does not fail the job"
        raise wrong_state(stage, row, expected, row.error_message)


async def _life_of_invalid(stage: Stage) -> None:
    await work_off(stage, process_one)
    row = stage.job()
    if (row.status, row.current_step) != (JobStatus.FAILED, JobStepName.SEND_EMAIL):
        expected = "a job whose mail can never be sent is failed at send_email"
        raise wrong_state(stage, row, expected)


def test_d7_everything_at_once(judge: Judge) -> None:
    """20 workers, 200 jobs, crashes and errors: all are finished, all customers mailed once."""
    judge.explore(
        World(
            name="20 workers, 200 jobs",
            play=everything,
            fill=jobs(
                *(
                    f"campaign_id = {1 + n % 2}, customer_email = '{email}'"
                    for n, email in enumerate(_customers(JOBS, silent=2, twice=10))
                )
            ),
            limits=Limits(preemptions=1_000_000, crashes=8, faults=60),
            faults=(*SENDGRID_FAULTS, Act.ERROR),
            holds=False,
            runs_max=0,
            samples=1,
            operations_max=300 * JOBS,
            watches=frozenset({"moves", "calls"}),
        )
    )


JOBS = 200


def _customers(many: int, *, silent: int, twice: int) -> list[str]:
    """Return customers, all but a few of whom answer: a solution may ask again and again.

    The first `twice` are there twice, one after the other.
    """
    numbered = [f"customer{number}@example.com" for number in range(1, 2 * many)]
    answering = [email for email in numbered if reply_for(email)]
    others = [email for email in numbered if not reply_for(email)]
    doubled = [email for email in answering[:twice] for _ in range(2)]
    return doubled + others[:silent] + answering[twice : many - twice - silent]
