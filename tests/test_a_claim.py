"""Task A: claim one available job for this worker."""

from dataclasses import replace
from datetime import datetime, timedelta

from infra.clock import now
from infra.context import as_worker
from infra.database import execute_sql
from infra.models import Job, JobStatus
from infra.simulation.scheduler import Limits
from tests.judge.actor import Actor
from tests.judge.broken import Broken
from tests.judge.judge import Judge
from tests.judge.stage import Cost, Stage
from tests.judge.world import World, campaign, jobs, pending

LONG_AGO = "'2029-12-31 09:00:00.000000'"
TOMORROW = "'2030-01-02 09:00:00.000000'"
QUEUE = 50_000

UNAVAILABLE = jobs(
    "campaign_id = 1, customer_email = 'a@example.com', status = 'processing', "
    f"worker_id = 'worker-1', started_at = {LONG_AGO}",
    "campaign_id = 1, customer_email = 'b@example.com', status = 'processing', "
    "worker_id = 'worker-8', started_at = '2030-01-01 08:59:59.000000'",
    "campaign_id = 1, customer_email = 'c@example.com', status = 'failed', error_message = 'bad'",
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
        "campaign_id = 1, customer_email = 'retried@example.com', retry_count = 9, "
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
)
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
        "campaign_id = 1, customer_email = 'a@example.com', current_step = 'analyze', "
        f"worker_id = 'worker-7', started_at = {LONG_AGO}, retry_count = 1"
    )
    *_, six = judge.explore(
        World(name="new jobs", play=_claim_one, fill=pending(2)),
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
        for _ in range(6):
            job = await _claim_and_check(stage, actor)
            if job.id in stage.notes:
                raise Broken("another job each time", f"job {job.id} came twice")
            stage.notes.append(job.id)
            await stage.pass_time(60)

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
    for name in ("campaign_id", "customer_email", "current_step"):
        if getattr(claimed, name, None) != getattr(row, name):
            raise Broken(
                f"the Job that is returned has the row's {name}",
                f"{getattr(claimed, name, None)!r} instead of {getattr(row, name)!r}",
            )
    return claimed


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
            name="a job that is due in 5 seconds",
            play=_claim_none,
            fill=jobs(
                "campaign_id = 1, customer_email = 'soon@example.com', "
                "scheduled_for = '2030-01-01 09:00:05.000000'"
            ),
        ),
    )


async def _claim_none(stage: Stage) -> None:
    async def claim(actor: Actor) -> None:
        job = await actor.claim()
        if job is not None:
            raise Broken("None, as no job is available", f"returned {_words(job)}")

    await stage.alone(claim)


def test_a3_leaves_the_rest_alone(judge: Judge) -> None:
    """A claim takes only what is available, and changes no other row."""
    judge.explore(World(name="all kinds of jobs", play=_claim_all, fill=UNAVAILABLE + AVAILABLE))


async def _claim_all(stage: Stage) -> None:
    before = {job.id: job for job in stage.jobs()}
    available = {job.id for job in before.values() if _is_available(job)}
    others = stage.select("SELECT * FROM campaigns").rows
    for _ in range(len(available) + 1):
        await stage.alone(lambda actor: _claim_available(actor, before, available))
        for row in stage.jobs():
            if row.id not in before:
                raise Broken("no new rows", f"job {row.id} is new")
        _check_untouched(stage, before, available)
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
    if job.id in available:
        available.remove(job.id)
        return
    known = before.get(job.id)
    raise Broken(
        "only pending jobs that are due",
        f"claimed {_words(known) if known else _words(job)}",
    )


def _check_untouched(stage: Stage, before: dict[int, Job], available: set[int]) -> None:
    taken = _taken(before, available)
    for row in stage.jobs():
        old = before[row.id]
        if row.id not in taken and row != old:
            name = next(n for n in Job.columns() if getattr(row, n) != getattr(old, n))
            raise Broken(
                "no row but that of the claimed job changes",
                f"{name} of {_words(old)} was {getattr(old, name)}, is {getattr(row, name)}",
            )


def _words(job: Job) -> str:
    words = f"job {getattr(job, 'id', '?')}, {getattr(job, 'status', '?')}"
    due = getattr(job, "scheduled_for", None)
    return f"{words}, due {due:%Y-%m-%d}" if due else words


def test_a4_one_job_one_worker(judge: Judge) -> None:
    """One job, one worker: two workers never hold the same job, in whatever order they go."""
    judge.explore(*_races())


def _races() -> list[World]:
    return [
        World(
            name=f"{workers} workers, {count} {'jobs' if count > 1 else 'job'}",
            play=_race(workers),
            fill=pending(count),
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


def _hold(holders: dict[int, str], job: Job, actor: Actor) -> None:
    other = holders.setdefault(job.id, actor.id)
    if other != actor.id:
        first, second = sorted((other, actor.id), key=lambda name: int(name[7:]))
        raise Broken(
            "each job is claimed by one worker, the others get another one or None",
            f"both {first} and {second} hold job {job.id}",
            why=f"Both saw job {job.id} as free, and nothing told the slower one that it was not.",
        )


def test_a5_nobody_goes_home_early(judge: Judge) -> None:
    """None only when no job is available: losing a race is no reason to go home."""
    judge.explore(
        World(name="all kinds of available jobs", play=_claim_each, fill=ODD),
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
                f"{actor.id} got None, while {_words(job)} was due (step {job.current_step}, "
                f"retry_count {job.retry_count}, campaign {job.campaign_id})",
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
                    f"{actor.id} got None, while {_words(job)} was due (step {job.current_step})",
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
           printf('2029-12-31 %02d:%02d:%02d.000000', n / 3600, n / 60 % 60, n % 60)
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
