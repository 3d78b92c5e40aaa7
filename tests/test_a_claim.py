"""Task A: claim one available job for this worker."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from infra.clock import now, sleep
from infra.context import as_worker
from infra.database import execute_sql, transaction
from infra.models import Job, JobStatus
from infra.simulation.scheduler import Limits
from tests.judge.actor import Actor
from tests.judge.broken import Broken
from tests.judge.changes import Changes
from tests.judge.judge import Judge
from tests.judge.stage import Cost, Stage
from tests.judge.world import World, campaign, jobs, pending, starting

LONG_AGO = "'2029-12-31 09:00:00.000000'"
TOMORROW = "'2030-01-02 09:00:00.000000'"
QUEUE = 50_000

UNAVAILABLE = jobs(
    "campaign_id = 1, customer_email = 'a@example.com', status = 'processing', "
    f"worker_id = 'worker-1', started_at = {LONG_AGO}",
    "campaign_id = 1, customer_email = 'b@example.com', status = 'processing', "
    "worker_id = 'worker-8', started_at = '2030-01-01 08:59:59.000000'",
    "campaign_id = 1, customer_email = 'c@example.com', status = 'failed', error_message = 'bad'",
    "campaign_id = 1, customer_email = 'c@example.com', status = 'failed', retry_count = 1, "
    "error_message = 'invalid address'",
    "campaign_id = 2, customer_email = 'c@example.com', status = 'failed', retry_count = 5, "
    f"error_message = 'gave up: timed out', worker_id = 'worker-9', started_at = {LONG_AGO}",
    *(
        "campaign_id = 1, customer_email = 'k@example.com', status = 'processing', "
        f"worker_id = {worker}, started_at = {LONG_AGO}, last_heartbeat = {LONG_AGO}"
        for worker in ("'worker-1'", "'worker-8'", "NULL")
    ),
    "campaign_id = 1, customer_email = 'd@example.com', status = 'completed', "
    f"current_step = 'done', completed_at = {LONG_AGO}",
    f"campaign_id = 1, customer_email = 'e@example.com', scheduled_for = {TOMORROW}",
    "campaign_id = 1, customer_email = 'h@example.com', "
    "scheduled_for = '2030-01-01 09:40:00.000000'",
    "campaign_id = 1, customer_email = 'i@example.com', "
    "scheduled_for = '2030-01-01 18:00:00.000000'",
    "campaign_id = 1, customer_email = 'i@example.com', status = 'completed', "
    f"current_step = 'done', scheduled_for = {LONG_AGO}",
    "campaign_id = 1, customer_email = 'j@example.com', status = 'failed', "
    f"scheduled_for = {LONG_AGO}",
    "campaign_id = 1, customer_email = 'j@example.com', status = 'processing', "
    f"worker_id = 'worker-9', started_at = {LONG_AGO}, scheduled_for = {LONG_AGO}, "
    "last_heartbeat = '2030-01-01 08:59:59.000000'",
    "campaign_id = 2, customer_email = 'f@example.com', current_step = 'analyze', "
    f"scheduled_for = {TOMORROW}",
    "campaign_id = 2, customer_email = 'g@example.com', current_step = 'take_action', "
    f"status = 'processing', worker_id = 'worker-9', started_at = {LONG_AGO}",
)
AVAILABLE = jobs(
    "campaign_id = 2, customer_email = 'h@example.com', current_step = 'analyze', "
    f"retry_count = 2, scheduled_for = {LONG_AGO}",
    "campaign_id = 1, customer_email = 'i@example.com'",
    "campaign_id = 1, customer_email = 'j@example.com', current_step = 'take_action', "
    f"scheduled_for = {LONG_AGO}, worker_id = 'worker-3', started_at = {LONG_AGO}",
)
ODD = (
    campaign(3, status="archived")
    + jobs(
        *(
            "campaign_id = 1, customer_email = 'busy@example.com', status = 'processing', "
            f"worker_id = 'worker-{n}', started_at = '2030-01-01 08:59:59.000000'"
            for n in range(11, 31)
        ),
        *(
            f"campaign_id = 1, customer_email = 'later@example.com', scheduled_for = {TOMORROW}, "
            "created_at = '2029-01-01 09:00:00.000000'"
            for _ in range(150)
        ),
        "campaign_id = 1, customer_email = 'retried@example.com', retry_count = 40, "
        f"worker_id = 'worker-11', started_at = {LONG_AGO}, error_message = 'timed out', "
        f"scheduled_for = {LONG_AGO}",
        "campaign_id = 2, customer_email = 'last@example.com', current_step = 'take_action', "
        "worker_id = 'worker-12', last_heartbeat = '2030-01-01 08:59:59.000000'",
        "campaign_id = 2, customer_email = 'middle@example.com', current_step = 'analyze'",
        "campaign_id = 3, customer_email = 'autumn@example.com'",
        "campaign_id = 1, customer_email = 'busy@example.com'",
        "campaign_id = 1, customer_email = 'old@example.com', "
        "created_at = '2027-01-01 09:00:00.000000'",
    )
    + "UPDATE campaigns SET status = 'paused' WHERE id = 2;"
    + """
        INSERT INTO job_steps (job_id, step_name, status)
        SELECT id, current_step, 'completed' FROM jobs WHERE customer_email = 'middle@example.com';
    """
)
NOVEMBER = "2030-11-23 15:30:00"
IN_NOVEMBER = "".join(
    jobs(f"campaign_id = 1, customer_email = 'ada@example.com', scheduled_for = '{due}:00.000000'")
    for due in (
        *("2030-02-28 09:00", "2030-10-30 20:00", "2030-11-23 10:00", "2030-11-23 15:29"),
        *("2030-11-23 16:00", "2030-11-24 09:00", "2030-12-05 10:00", "2031-01-02 09:00"),
    )
)
A_MOMENT_SECONDS = 0.01
"""Between two calls of a worker that has nothing else to do; no two have the same time."""

WAITING = 5_000
LONG_WAIT = f"""
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {WAITING})
    INSERT INTO jobs (campaign_id, customer_email, current_step, created_at, scheduled_for)
    SELECT 1, 'customer' || n || '@example.com', 'analyze', '2029-12-31 09:00:00.000000', {TOMORROW}
    FROM numbers;
""" + jobs(
    "campaign_id = 1, customer_email = 'due@example.com', current_step = 'analyze', "
    "scheduled_for = '2030-01-01 08:59:58.000000'",
    "campaign_id = 1, customer_email = 'new@example.com'",
)


def test_a1_claims_and_stamps(judge: Judge) -> None:
    """A claim takes a pending, due job and stamps it: processing, this worker, started_at."""
    scheduled = jobs(
        f"campaign_id = 1, customer_email = 'a@example.com', scheduled_for = {LONG_AGO}"
    )
    again = jobs(
        "campaign_id = 1, customer_email = 'Ada.King@Example.com', current_step = 'analyze', "
        f"worker_id = 'worker-7', started_at = {LONG_AGO}, retry_count = 4, "
        "last_heartbeat = '2030-01-01 08:59:59.000000'"
    )
    *_, six = judge.explore(
        World(
            name="jobs that others have had meanwhile",
            play=_after_others(_check_copied),
            fill=pending(5),
        ),
        World(name="new jobs", play=_claim_one, fill=pending(2)),
        World(name="new jobs, in November", play=starting(NOVEMBER, _claim_one), fill=pending(2)),
        World(name="a scheduled job", play=_claim_one, fill=scheduled),
        World(name="a job that somebody had before", play=_claim_one, fill=again),
        World(name="six in a row", play=_claim_six, fill=pending(6)),
    )
    in_order = six.notes == sorted(six.notes)
    judge.observe(f"claims the oldest job first: {'yes' if in_order else 'no'}")


async def _claim_one(stage: Stage) -> None:
    for _ in range(3):
        stage.actor()  # so that it is not worker-1 who claims
    await stage.alone(lambda actor: _claim_and_check(stage, actor))


async def _claim_six(stage: Stage) -> None:
    async def claim_six(actor: Actor) -> None:
        for number in range(6):
            job = await _claim_and_check(stage, actor)
            if job.id in stage.notes:
                raise Broken("another job each time", f"job {job.id} came twice")
            stage.notes.append(job.id)
            await stage.pass_time(60 if number > 2 else A_MOMENT_SECONDS)

    await stage.alone(claim_six)


async def _claim_and_check(stage: Stage, actor: Actor) -> Job:
    before = {job.id: job for job in stage.jobs()}
    claimed = await actor.claim()
    if claimed is None:
        raise Broken("a Job, as one is pending and due", "returned None")
    row = _row_of(stage, claimed)
    _check_stamps(actor, row, "in the database job {} has {}")
    _check_stamps(actor, claimed, "the Job that is returned, {}, has {}")
    for name in ("campaign_id", "customer_email", "current_step", "created_at"):
        if getattr(row, name) != getattr(before[row.id], name):
            raise Broken(
                f"a claim leaves the job's {name} as it was",
                f"{getattr(row, name)} instead of {getattr(before[row.id], name)}",
            )
    _check_copied(claimed, row)
    return claimed


def _check_copied(claimed: Job, row: Job | None) -> None:
    for name in ("campaign_id", "customer_email", "current_step"):
        if row and getattr(claimed, name, None) != getattr(row, name):
            raise Broken(
                f"the Job that is returned has the row's {name}",
                f"{getattr(claimed, name, None)} instead of {getattr(row, name)}",
            )


def _row_of(stage: Stage, claimed: Job) -> Job:
    rows = stage.jobs(f"id = {int(getattr(claimed, 'id', 0) or 0)}")
    if not rows:
        raise Broken("a job of the queue", f"returned {claimed!r}, which is not in the database")
    return rows[0]


def _check_stamps(actor: Actor, job: Job, words: str) -> None:
    status, worker, started = (
        getattr(job, name, None) for name in ("status", "worker_id", "started_at")
    )
    if status != JobStatus.PROCESSING:
        raise Broken("status processing", words.format(job.id, f"status {status}"))
    if worker != actor.id:
        raise Broken(f"worker_id {actor.id!r}", words.format(job.id, f"worker_id {worker!r}"))
    if started is None:
        raise Broken("started_at is now", words.format(job.id, "no started_at"))
    if not isinstance(started, datetime) or abs(started - now()) > timedelta(minutes=1):
        raise Broken("started_at is now", words.format(job.id, f"started_at {started}"))


def test_a2_none_when_nothing_is_available(judge: Judge) -> None:
    """A claim is None when no job is available."""
    judge.explore(
        World(name="an empty table", play=_claim_none),
        World(name="no available job", play=_claim_none, fill=UNAVAILABLE),
        World(
            name="a job that is due in 90 seconds",
            play=_claim_none,
            fill=jobs(
                "campaign_id = 1, customer_email = 'soon@example.com', "
                "scheduled_for = '2030-01-01 09:01:30.000000'"
            ),
        ),
        World(
            name="a job that is due in 2 seconds",
            play=_claim_none,
            fill=jobs(
                "campaign_id = 1, customer_email = 'soon@example.com', "
                "scheduled_for = '2030-01-01 09:00:02.000000'"
            ),
        ),
    )


async def _claim_none(stage: Stage) -> None:
    before = {job.id: job for job in stage.jobs()}

    async def claim(actor: Actor) -> None:
        job = await actor.claim()
        if job is None:
            return
        row = before.get(job.id, job)
        # A claim may wait for a job that is due soon.
        if row.scheduled_for is None or not _is_available(row):
            raise Broken("None, as no job is available", f"claimed {_words(row)}, {_clock()}")

    await stage.alone(claim)


def test_a3_leaves_the_rest_alone(judge: Judge) -> None:
    """A claim takes only what is available, and changes no other row."""
    judge.explore(
        World(name="all kinds of jobs", play=_claim_all, fill=UNAVAILABLE + AVAILABLE),
        World(name="jobs in November", play=starting(NOVEMBER, _claim_all), fill=IN_NOVEMBER),
        World(
            name="jobs that others have had meanwhile",
            play=_after_others(_check_was_available),
            fill=pending(5),
        ),
    )


async def _claim_all(stage: Stage) -> None:
    before = {job.id: job for job in stage.jobs()}
    changes = Changes(stage)
    available = {job.id for job in before.values() if _is_available(job)}
    others = stage.select("SELECT * FROM campaigns").rows
    for _ in range(len(available) + 1):
        await stage.alone(lambda actor: _claim_available(actor, before, available))
        for row in stage.jobs():
            if row.id not in before:
                raise Broken("no new rows", f"job {row.id} is new")
        _check_untouched(changes, before, available)
        await stage.pass_time(60)
    if stage.select("SELECT * FROM campaigns").rows != others:
        raise Broken("campaigns are left alone", "a campaign was changed")


def _is_available(job: Job) -> bool:
    due = job.scheduled_for is None or job.scheduled_for <= now()
    return job.status == JobStatus.PENDING and due


def _taken(before: dict[int, Job], available: set[int]) -> set[int]:
    return {job.id for job in before.values() if _is_available(job)} - available


async def _claim_available(actor: Actor, before: dict[int, Job], available: set[int]) -> None:
    job = await actor.claim()
    if job is None:
        return
    if job.id not in available:
        raise _not_available(job, before.get(job.id))
    available.remove(job.id)


def _check_was_available(claimed: Job, before: Job | None) -> None:
    if before is None or not _is_available(before):
        raise _not_available(claimed, before)


def _not_available(claimed: Job, before: Job | None) -> Broken:
    return Broken(
        "only pending jobs that are due", f"claimed {_words(before or claimed)}, {_clock()}"
    )


def _check_untouched(changes: Changes, before: dict[int, Job], available: set[int]) -> None:
    taken = _taken(before, available)
    for row in changes.stage.jobs():
        old = before[row.id]
        if row.id not in taken and row != old:
            name = next(n for n in Job.columns() if getattr(row, n) != getattr(old, n))
            raise Broken(
                "no row but that of the claimed job changes",
                f"{_words(old)}, has another {name}: it was {getattr(old, name)}, "
                f"and is {getattr(row, name)}",
                line=changes.line(row.id),
            )


class _after_others:  # noqa: N801 - a play, as the functions beside it are
    """What a worker saw at its last claim is not true for ever: others go on meanwhile."""

    def __init__(self, check: Callable[[Job, Job | None], None]):
        self.check = check
        """Is given a job as it was returned, and as it was before."""

    async def __call__(self, stage: Stage) -> None:
        worker, other = stage.actor(), stage.actor()
        held: list[Job] = []

        async def claim_three(actor: Actor) -> None:
            for _ in range(3):
                if job := await actor.claim():
                    held.append(job)
                await stage.pass_time(A_MOMENT_SECONDS)

        async def claim_again(actor: Actor) -> None:
            before = {job.id: job for job in stage.jobs()}
            for _ in before:
                if job := await actor.claim():
                    self.check(job, before.get(job.id))
                await stage.pass_time(A_MOMENT_SECONDS)

        await stage.together((worker, Actor.claim))
        await stage.together((other, claim_three))
        for job, change in zip(held, _MEANWHILE, strict=False):
            stage.change(f"UPDATE jobs SET {change} WHERE id = ?", job.id)
        await stage.together((worker, claim_again))


_MEANWHILE = (
    "status = 'pending', current_step = 'analyze'",
    "status = 'pending', current_step = 'analyze', scheduled_for = '2030-01-03 09:00:00.000000'",
    f"status = 'completed', current_step = 'done', completed_at = {LONG_AGO}",
)


def _words(job: Job) -> str:
    words = f"job {getattr(job, 'id', '?')}, {getattr(job, 'status', '?')}"
    due = getattr(job, "scheduled_for", None)
    return f"{words}, due {due:%Y-%m-%d %H:%M:%S}" if due else words


def _clock() -> str:
    return f"at {now():%Y-%m-%d %H:%M:%S}"


def test_a4_one_job_one_worker(judge: Judge) -> None:
    """One job, one worker: two workers never hold the same job, in whatever order they go."""
    judge.explore(
        *_races(),
        *(
            World(
                name=f"a job that is {status} meanwhile",
                play=_finished_meanwhile(status),
                fill=pending(2),
                limits=Limits(preemptions=1),
            )
            for status in ("completed", "failed")
        ),
    )


def _races() -> list[World]:
    return [
        World(
            name=f"{workers} workers, {count} {'jobs' if count > 1 else 'job'}",
            play=_race(workers),
            fill=_AT_ONE_MOMENT[count],
            limits=Limits(preemptions=preemptions),
            runs_max=runs_max,
            samples=10,
        )
        for workers, count, preemptions, runs_max in (
            (2, 1, 3, 80),
            (2, 2, 3, 80),
            (3, 2, 2, 80),
        )
    ] + [
        World(
            name="20 workers, 15 jobs",
            play=_race(20),
            fill=pending(15),
            limits=Limits(preemptions=1000),
            runs_max=0,
            samples=3,
        ),
    ]


_AT_ONE_MOMENT = {
    count: jobs(*["campaign_id = 1, customer_email = 'customer@example.com'"] * count)
    for count in (1, 2)
}
"""As one INSERT of many leaves them."""


class _race:  # noqa: N801 - a play, as the functions beside it are
    """Workers claim at the same time, each once."""

    def __init__(self, workers: int):
        self.workers = workers

    async def __call__(self, stage: Stage) -> None:
        holders: dict[int, str] = {}

        async def claim(actor: Actor) -> None:
            job = await actor.claim()
            if job is not None:
                _hold(holders, job, actor)

        actors = [stage.actor() for _ in range(self.workers)]
        await stage.together(*((actor, claim) for actor in actors))
        for job_id, holder in holders.items():
            row = stage.job(job_id)
            if row.worker_id != holder:
                raise Broken(
                    "a claimed job has the id of the worker who was given it",
                    f"{holder} was given job {job_id}, which has worker_id {row.worker_id!r}",
                )


def _hold(holders: dict[int, str], job: Job, actor: Actor) -> None:
    other = holders.setdefault(job.id, actor.id)
    if other != actor.id:
        first, second = sorted((other, actor.id), key=lambda name: int(name[7:]))
        raise Broken(
            "each job is claimed by one worker, the others get another one or None",
            f"both {first} and {second} hold job {job.id}",
            why=f"Both saw job {job.id} as free, and nothing told the slower one that it was not.",
        )


class _finished_meanwhile:  # noqa: N801 - a play, as the functions beside it are
    """Between any two steps of a claim another worker may get the job, and be done with it."""

    def __init__(self, status: str):
        self.status = status

    async def __call__(self, stage: Stage) -> None:
        finished: set[int] = set()
        changes = Changes(stage)

        async def claim(actor: Actor) -> None:
            await actor.claim()
            for job in stage.jobs(f"status <> '{self.status}'"):
                if job.id in finished:
                    raise Broken(
                        "only pending jobs that are due",
                        f"job {job.id} was {self.status}, and is {job.status}",
                        why=f"It was {self.status} when {actor.id}'s claim wrote to it.",
                        line=changes.line(job.id),
                    )

        async def claim_and_finish(actor: Actor) -> None:
            job = await actor.claim()
            if job:
                with as_worker(actor.id):
                    await execute_sql(
                        "UPDATE jobs SET status = ?, worker_id = NULL WHERE id = ?",
                        [self.status, job.id],
                    )
                finished.add(job.id)

        await stage.together((stage.actor(), claim), (stage.actor(), claim_and_finish))


def test_a5_nobody_goes_home_early(judge: Judge) -> None:
    """None only when no job is available: losing a race is no reason to go home."""
    judge.explore(
        World(name="all kinds of available jobs", play=_claim_each, fill=ODD),
        World(name="jobs in November", play=starting(NOVEMBER, _claim_each), fill=IN_NOVEMBER),
        *(
            World(
                name=f"a job that has been due for {words}",
                play=_claim_due,
                fill=jobs(
                    f"campaign_id = 1, customer_email = 'due@example.com', scheduled_for = {due}"
                ),
            )
            for words, due in (
                ("2 seconds", "'2030-01-01 09:00:28.000000'"),
                ("5 minutes", "'2030-01-01 08:55:30.000000'"),
                ("5 hours", "'2030-01-01 04:00:30.000000'"),
            )
        ),
        World(name="5,000 jobs that wait, and 2 that are due", play=_claim_each, fill=LONG_WAIT),
        World(name="its own jobs again", play=_claim_again, fill=pending(3)),
        World(name="one worker that asks again and again", play=_claim_on, fill=pending(60)),
        World(
            name="the same, while a job waits for its time",
            play=_claim_on,
            fill=pending(60)
            + jobs(
                f"campaign_id = 1, customer_email = 'a@example.com', scheduled_for = {TOMORROW}"
            ),
        ),
        World(name="somebody else writes for 2 s", play=_claim_after_a_writer, fill=pending(3)),
        World(
            name="jobs that go from hand to hand",
            play=_handed_on,
            fill=_HANDED_ON,
            limits=Limits(preemptions=2),
            watches=frozenset({"available"}),
        ),
        World(
            name="a slow worker among 41, 60 jobs",
            play=_stays(41),
            fill=pending(60),
            limits=Limits(preemptions=1),
            runs_max=8,
            watches=frozenset({"available"}),
        ),
        World(
            name="an unlucky worker among 41, 60 jobs",
            play=_stays(41),
            fill=pending(60),
            limits=Limits(preemptions=1000),
            runs_max=0,
            samples=3,
            watches=frozenset({"available"}),
        ),
        World(
            name="whatever it saw is gone, and more has come",
            play=_robbed,
            fill=pending(30),
            limits=Limits(preemptions=2),
            watches=frozenset({"available"}),
        ),
        *[_stubborn(world) for world in _races()],
    )


async def _claim_each(stage: Stage) -> None:
    async def claim(actor: Actor) -> None:
        available = stage.available()
        if await actor.claim() is None and available and (job := _first_available(stage)):
            raise Broken(
                "a job, as long as any is available",
                f"{actor.id} got None, {_clock()}, while there was {_words(job)} (step "
                f"{job.current_step}{_recorded(stage, job)}, retry_count {job.retry_count}, "
                f"campaign {job.campaign_id})",
            )

    while stage.available():
        before = stage.available()
        await stage.alone(claim)
        if stage.available() == before:
            return
        await stage.pass_time(60)


async def _claim_due(stage: Stage) -> None:
    await stage.pass_time(30)
    await _claim_each(stage)


async def _claim_again(stage: Stage) -> None:
    """A worker gets a job that it had before: for its next step, or when it was put back."""

    async def claim(actor: Actor) -> None:
        for _ in stage.jobs():
            if await actor.claim() is None and (job := _first_available(stage)):
                raise Broken(
                    "a job, as long as any is available",
                    f"{actor.id} got None, {_clock()}, while there was {_words(job)} "
                    f"(step {job.current_step})",
                    why="It had that job before, at an earlier step.",
                )
            await stage.pass_time(60)

    worker = stage.actor()
    for step in ("analyze", "take_action"):
        await stage.together((worker, claim))
        for job in reversed(stage.jobs()):
            stage.change(_NEXT_STEP, step, job.id)
    await stage.together((worker, claim))


_NEXT_STEP = "UPDATE jobs SET status = 'pending', current_step = ? WHERE id = ?"


async def _claim_on(stage: Stage) -> None:
    """One worker empties the queue; whenever there is more, it gets that, and at once."""
    answers: list[Job | None] = []

    async def claim_all(actor: Actor) -> None:
        while len(answers) < _ANSWERS_MAX:
            answers.append(await actor.claim())
            if answers[-1] is None:
                break
            await stage.pass_time(A_MOMENT_SECONDS)
        if answers[-1] is None and (job := _first_available(stage)):
            raise Broken(
                "a job, as long as any is available",
                f"{actor.id} got None, while there was {_words(job)} (campaign {job.campaign_id})",
                why=f"It was call number {len(answers)} of that worker: "
                f"{len(answers) - answers.count(None)} had given it a job.",
            )

    worker = stage.actor()
    await stage.together((worker, claim_all))
    for campaign_ids in ([2], [1, 3], [2]):
        for number in campaign_ids:
            stage.change(_NEW_CAMPAIGN, number)
            stage.change(_NEW_JOB, number)
        await stage.together((worker, claim_all))


_ANSWERS_MAX = 100
_NEW_CAMPAIGN = "INSERT OR IGNORE INTO campaigns (id, name, user_id) VALUES (?, 'More', 1)"
_NEW_JOB = "INSERT INTO jobs (campaign_id, customer_email) VALUES (?, 'more@example.com')"


async def _claim_after_a_writer(stage: Stage) -> None:
    """A claim that has to wait for its turn to write still is a claim; to give up is an error."""

    async def write(actor: Actor) -> None:
        with as_worker(actor.id):
            async with transaction():
                await execute_sql(_NEW_JOB, [2])
                await sleep(2)

    async def claim(actor: Actor) -> None:
        try:
            job = await actor.claim()
        except Broken:
            if actor.call and actor.call.error:
                return
            raise
        if job is None:
            raise Broken(
                "a job, as long as any is available",
                f"{actor.id} got None, and jobs that are due: {stage.available()}",
                why="It gave up while it waited for its turn to write.",
            )

    await stage.together((stage.actor(), write), (stage.actor(), claim))


async def _handed_on(stage: Stage) -> None:
    """Others put back the job that they have, and take the other one: one always is available."""

    async def claim(actor: Actor) -> None:
        await _claim_stubbornly(stage, actor)

    async def hand_on(actor: Actor) -> None:
        with as_worker(actor.id):
            await execute_sql(_HAND_ON, [now()])

    await stage.together((stage.actor(), claim), (stage.actor(), hand_on), (stage.actor(), hand_on))


_HANDED_ON = pending(1) + jobs(
    "campaign_id = 1, customer_email = 'second@example.com', status = 'processing', "
    f"worker_id = 'worker-8', started_at = {LONG_AGO}, created_at = '2030-01-01 08:30:00.000000'"
)
_HAND_ON = """
    UPDATE jobs
    SET status = CASE status WHEN 'pending' THEN 'processing' ELSE 'pending' END,
        current_step = CASE status WHEN 'pending' THEN current_step ELSE 'analyze' END,
        worker_id = 'worker-8', started_at = ?
    WHERE status = 'pending' OR worker_id = 'worker-8'
"""


def _recorded(stage: Stage, job: Job) -> str:
    """Return what is to be said of a step that a worker has recorded, and died before it moved."""
    sql = "SELECT 1 FROM job_steps WHERE job_id = ? AND step_name = ? AND status = 'completed'"
    is_recorded = stage.select(sql, job.id, job.current_step).rows
    return ", which job_steps has as completed" if is_recorded else ""


def _first_available(stage: Stage) -> Job | None:
    return next((job for job in stage.jobs() if _is_available(job)), None)


def _stubborn(world: World) -> World:
    play = world.play
    assert isinstance(play, _race)
    return replace(world, play=_stays(play.workers), watches=frozenset({"available"}))


async def _robbed(stage: Stage) -> None:
    """Between any two steps of a claim others may take all that there was; there are new jobs."""
    slow, quick = stage.actor(), stage.actor()

    async def part(actor: Actor) -> None:
        if actor is slow:
            await _claim_stubbornly(stage, actor)
            return
        for _ in range(2):
            newest = stage.jobs()[-1].id
            with as_worker(actor.id):
                await execute_sql(_CREATE_THIRTY)
                await execute_sql(_TAKE_ALL, [actor.id, now(), newest])

    await stage.together((slow, part), (quick, part))


_CREATE_THIRTY = """
    INSERT INTO jobs (campaign_id, customer_email)
    SELECT 1, customer_email FROM jobs LIMIT 30
"""
_TAKE_ALL = """
    UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ?
    WHERE status = 'pending' AND id <= ?
"""


class _stays:  # noqa: N801 - a play, as the functions beside it are
    """Workers claim at the same time; None is right only if there was nothing to claim."""

    def __init__(self, workers: int):
        self.workers = workers

    async def __call__(self, stage: Stage) -> None:
        async def claim(actor: Actor) -> None:
            await _claim_stubbornly(stage, actor)

        actors = [stage.actor() for _ in range(self.workers)]
        await stage.together(*((actor, claim) for actor in actors))


async def _claim_stubbornly(stage: Stage, actor: Actor) -> None:
    job = await actor.claim()
    assert actor.call
    if job is None and not actor.call.saw_none_available:
        raise Broken(
            "a job, as long as any is available",
            f"{actor.id} got None, and jobs that are due: {stage.available()}",
            why="Losing a race for one job is no reason to leave the others.",
        )


def test_a6_a_crash_loses_no_job(judge: Judge) -> None:
    """Whenever a worker dies in a claim, after the reaper each job can be claimed again."""
    judge.explore(
        World(
            name="1 worker, 1 job",
            play=_claim_after_crash(1),
            fill=pending(1),
            limits=Limits(crashes=1),
        ),
        World(
            name="2 workers, 2 jobs",
            play=_claim_after_crash(2),
            fill=pending(2),
            limits=Limits(preemptions=1, crashes=1),
            runs_max=60,
        ),
    )


class _claim_after_crash:  # noqa: N801 - a play, as the functions beside it are
    """Workers claim, one may die, the reaper comes, and all jobs are claimed."""

    def __init__(self, workers: int):
        self.workers = workers

    async def __call__(self, stage: Stage) -> None:
        alive: set[int] = set()

        async def claim(actor: Actor) -> None:
            job = await actor.claim()
            if job is not None:
                alive.add(job.id)

        await stage.together(*((stage.actor(), claim) for _ in range(self.workers)))
        if not stage.scheduler.dead:
            return
        await stage.pass_time(660)
        await stage.reap()
        await self._claim_all(stage)

    async def _claim_all(self, stage: Stage) -> None:
        left = set(range(1, self.workers + 1))

        async def claim(actor: Actor) -> None:
            job = await actor.claim()
            if job is not None:
                left.discard(job.id)

        for _ in range(2 * self.workers + 2):
            if not left:
                return
            await stage.alone(claim)
            await stage.pass_time(2)
        row = stage.job(min(left))
        raise Broken(
            "after a crash and the reaper every job can be claimed again",
            f"nobody gets job {row.id}, which is {row.status} at {row.current_step}",
        )


def test_a7_cheap_at_50_000(judge: Judge) -> None:
    """A claim is cheap with 50,000 jobs pending: few round trips, and no share of the table."""
    stage, _ = judge.explore(
        World(name="50,000 pending jobs", play=_claim_cheaply, fill=_FULL_QUEUE),
        World(name="5,000 jobs that wait, and 2 that are due", play=_claim_past, fill=LONG_WAIT),
    )
    judge.observe(f"round trips for a claim: {max(stage.notes[1:])}")


_FULL_QUEUE = f"""
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {QUEUE})
    INSERT INTO jobs (campaign_id, customer_email, created_at)
    SELECT 1, 'customer' || n || '@example.com',
           '2029-12-31 09:00:00.' || (100000 + n)
    FROM numbers
"""
_ROUND_TRIPS_MAX = 30
_ROWS_MAX = QUEUE // 5


async def _claim_cheaply(stage: Stage) -> None:
    """The first claim of all may cost more: it may make an index that is there from then on."""

    async def claim(actor: Actor) -> None:
        with stage.measured() as cost:
            job = await actor.claim()
        if job is None:
            raise Broken("a Job, as 50,000 are pending", "returned None")
        stage.notes.append(cost.operations)
        if len(stage.notes) == 1:
            return
        _check_round_trips(cost)
        if cost.rows > _ROWS_MAX:
            raise Broken(
                "a claim that reads a few of the 50,000 rows",
                f"as much work as looking at {cost.rows:,} rows",
                why="Twenty workers do that for each of the 50,000 jobs.",
                line=stage.line_of(cost.worst),
            )

    for _ in range(3):
        await stage.alone(claim)
        await stage.pass_time(1)


async def _claim_past(stage: Stage) -> None:
    """Most of a queue waits for its time, as jobs do between two steps."""

    async def claim(actor: Actor) -> None:
        with stage.measured() as cost:
            await actor.claim()
        _check_round_trips(cost)

    await stage.alone(claim)


def _check_round_trips(cost: Cost) -> None:
    if cost.operations > _ROUND_TRIPS_MAX:
        raise Broken("a few round trips for a claim", f"{cost.operations} round trips for one")
