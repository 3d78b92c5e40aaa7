"""Task B: create a job for each address."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from infra.clock import now, to_text
from infra.models import Job, JobStatus, JobStepName
from infra.simulation.scheduler import Limits
from tests.judge.actor import Actor, Call
from tests.judge.broken import Broken
from tests.judge.judge import Judge
from tests.judge.stage import Stage
from tests.judge.world import World, jobs, pending

BUDGET_SECONDS = 5.0
ROUND_TRIP_SECONDS = 0.0012
MANY = 50_001
"""One more than portions of a round number come to."""

A_MOMENT_SECONDS = 0.01
"""Between two calls: no two have the same time."""

_ONE_BY_ONE = 20_000
"""More than it takes to create any of the lists here job by job, which only costs too much."""

BEFORE = pending(3, address="earlier{}@example.com") + jobs(
    "campaign_id = 2, customer_email = 'other@example.com', status = 'completed', "
    "current_step = 'done', created_at = '2030-01-01 08:00:00.000000'",
    *(
        f"campaign_id = {number}, customer_email = 'refused@example.com', status = 'failed', "
        "retry_count = 5, error_message = 'no such mailbox', "
        "created_at = '2030-01-01 08:00:00.000000'"
        for number in (1, 2)
    ),
    "campaign_id = 1, customer_email = 'busy@example.com', status = 'processing', "
    "worker_id = 'worker-9', current_step = 'analyze', "
    "created_at = '2030-01-01 08:00:00.000000'",
)
SPECIAL = [
    "o'hara@example.com",
    "o''malley@example.com",
    '"quoted name"@example.com',
    '"a,b"@example.com',
    "Ada.Lovelace@Example.COM",
    "ADA.lovelace@example.com",
    " spaced@example.com ",
    "spaced@example.com",
    "no-address",
    "plus+tag@example.com",
    "plus@example.com",
    "plus@example.org",
    "percent%s@example.com",
    "what?@example.com",
    "dash--dash;@example.com",
    "back\\slash@example.com",
    "{curly}@example.com",
    "[square]@example.com",
    ":name@example.com",
    "null@example.com",
    "jürgen@müller.example",
    "josé@example.com",
    "jose\u0301@example.com",
    "иван@пример.рф",
    "太郎@例え.jp",
    "مثال@مثال.example",
    "🙂@example.com",
    f"{'long' * 60}@example.com",
]


def test_b1_right_rows_right_count(judge: Judge) -> None:
    """Each address becomes a pending job at send_email; the number returned is how many."""
    judge.explore(
        World(name="3 addresses", play=_creates(["a@example.com", "b@example.com", "c@x.example"])),
        World(name="no address", play=_creates([])),
        World(name="1 address", play=_creates(["only@example.com"], campaign_id=2), fill=BEFORE),
        World(
            name="a repeated address",
            play=_creates(["a@example.com", "b@example.com", "a@example.com"]),
            fill=BEFORE,
        ),
        World(
            name="1,204 addresses, the last as the first",
            play=_creates([*_addresses(1_203), *_addresses(1)]),
            fill=BEFORE,
            operations_max=_ONE_BY_ONE,
        ),
        World(name="as many as a portion has", play=_create_portions, operations_max=_ONE_BY_ONE),
        World(name="three campaigns", play=_create_for_three, fill=BEFORE),
        World(
            name="two workers at once",
            play=_create_together,
            fill=BEFORE,
            limits=Limits(preemptions=2),
        ),
        World(
            name="a worker who claims meanwhile",
            play=_create_while_claimed,
            limits=Limits(preemptions=1),
        ),
        World(name="the same addresses again", play=_create_again, fill=BEFORE),
        *(
            World(
                name=f"a campaign that is {status}",
                play=_creates(_addresses(2), campaign_id=2),
                fill=f"{BEFORE} UPDATE campaigns SET status = '{status}' WHERE id = 2;",
            )
            for status in ("draft", "paused")
        ),
    )


class _creates:  # noqa: N801 - a play, as the functions beside it are
    """One worker creates jobs."""

    def __init__(self, emails: list[str], campaign_id: int = 1):
        self.emails = emails
        self.campaign_id = campaign_id

    async def __call__(self, stage: Stage) -> None:
        async def create(actor: Actor) -> None:
            await _create_and_check(stage, actor, self.campaign_id, self.emails)

        await stage.alone(create)


async def _create_portions(stage: Stage) -> None:
    """Full portions only, of sizes that divide neither 30,000 nor 50,000."""

    async def create(actor: Actor) -> None:
        for count in (700, 800, 900, 999):
            await _create_share(stage, actor, [f"{n}of{count}@example.com" for n in range(count)])

    await stage.alone(create)


async def _create_for_three(stage: Stage) -> None:
    async def create(actor: Actor) -> None:
        await _create_and_check(stage, actor, 1, _addresses(407))
        await _create_and_check(stage, actor, 2, _addresses(407))
        stage.change("INSERT INTO campaigns (id, name, user_id) VALUES (3, 'Autumn', 1)")
        await _create_and_check(stage, actor, 3, _addresses(5))

    await stage.alone(create)


async def _create_together(stage: Stage) -> None:
    """Two workers create jobs for one campaign, at the same time and by turns."""
    lists = [[f"{name}{n}@example.com" for n in range(3)] for name in ("first", "second", "third")]

    async def create_twice(actor: Actor) -> None:
        await _create_share(stage, actor, lists[0])
        await stage.pass_time(A_MOMENT_SECONDS)
        await _create_share(stage, actor, lists[1])

    async def create(actor: Actor) -> None:
        await stage.pass_time(A_MOMENT_SECONDS / 2)
        await _create_share(stage, actor, lists[2])

    before = stage.jobs()
    await stage.together((stage.actor(), create_twice), (stage.actor(), create))
    _check_rows(stage, _check_others(stage, before), 1, [email for each in lists for email in each])


async def _create_while_claimed(stage: Stage) -> None:
    """As soon as the jobs are there somebody claims one: it was created all the same."""
    emails = _addresses(3)

    async def create(actor: Actor) -> None:
        await _create_share(stage, actor, emails)

    await stage.together((stage.actor(), create), (stage.actor(), Actor.take))


async def _create_share(stage: Stage, actor: Actor, emails: list[str]) -> None:
    call = await actor.create(1, list(emails))
    stage.no_error(call, f"the number of jobs created for {_count(emails)}")
    _check_addresses(stage, call, emails)


def _check_addresses(stage: Stage, call: Call, emails: list[str]) -> None:
    """Check that there is a job for each address, and the number returned, quickly for many."""
    given = set(emails)
    rows = stage.select("SELECT customer_email FROM jobs").rows
    found = [str(email) for (email,) in rows if email in given]
    _check_each_has_one(emails, set(found), len(found))
    _check_number(call, found)


async def _create_again(stage: Stage) -> None:
    """Whether there are then two jobs for an address, or still one, the number is true."""

    async def create(actor: Actor) -> None:
        await _create_and_check(stage, actor, 1, _addresses(4))
        emails = _addresses(6)
        before = stage.jobs()
        call = await actor.create(1, list(emails))
        stage.no_error(call, f"the number of jobs created for {_count(emails)}")
        _check_number(call, _check_others(stage, before))
        waiting = stage.jobs("campaign_id = 1 AND status = 'pending'")
        _check_each_has_one(emails, {job.customer_email for job in waiting}, len(waiting))

    await stage.alone(create)


async def _create_and_check(
    stage: Stage, actor: Actor, campaign_id: int, emails: list[str]
) -> None:
    before = stage.jobs()
    call = await actor.create(campaign_id, list(emails))
    stage.no_error(call, f"the number of jobs created for {_count(emails)}")
    await stage.pass_time(A_MOMENT_SECONDS)
    created = _check_others(stage, before)
    _check_rows(stage, created, campaign_id, emails)
    _check_number(call, created)


def _check_others(stage: Stage, before: list[Job]) -> list[Job]:
    """Return the new jobs. Raises Broken when one that was there has changed."""
    after = {job.id: job for job in stage.jobs()}
    for job in before:
        if (found := after.pop(job.id, None)) != job:
            is_other = found and found.created_at == job.created_at
            what = "was changed" if is_other else "is no more"
            raise Broken("jobs that were there before are left alone", f"job {job.id} {what}")
    return list(after.values())


def _check_rows(stage: Stage, created: list[Job], campaign_id: int, emails: list[str]) -> None:
    _check_each_has_one(emails, {job.customer_email for job in created}, len(created))
    given = set(emails)
    for job in created:
        if job.customer_email not in given:
            raise Broken("addresses as given", f"a job for {job.customer_email!r}")
    _check_at_most(len(created), len(emails))
    for job in created:
        wanted = (campaign_id, JobStatus.PENDING, JobStepName.SEND_EMAIL, None)
        if (job.campaign_id, job.status, job.current_step, job.completed_at) != wanted:
            raise Broken(
                f"jobs of campaign {campaign_id}, pending at send_email",
                f"a job of campaign {job.campaign_id}, {job.status} at {job.current_step}",
            )
    if any(job.scheduled_for for job in created):
        _check_found_when_due(stage, created)


def _check_found_when_due(stage: Stage, created: list[Job]) -> None:
    """Check that a claim, which compares moments as text, finds all jobs that are due."""
    sql = "SELECT scheduled_for FROM jobs WHERE id = ? AND scheduled_for > ?"
    for job in created:
        if job.scheduled_for and job.scheduled_for <= now():
            for (text,) in stage.select(sql, job.id, to_text(now())).rows:
                raise Broken(
                    f"moments as the database has them: {to_text(job.scheduled_for)}",
                    f"a job with scheduled_for {text!s}",
                    why="Moments are compared as text, so no claim finds that job when it is due.",
                )


def _check_each_has_one(emails: list[str], found: set[str], count: int) -> None:
    for email in emails:
        if email not in found:
            raise Broken(
                f"a job for each of {_count(emails)}",
                f"{count:,} jobs, and none of them for {email!r}",
            )


def _check_at_most(rows: int, count: int) -> None:
    if rows > count:
        raise Broken(f"at most {count:,} jobs", f"{rows:,} jobs")


def _check_number(call: Call, created: Sequence[object]) -> None:
    number = call.value
    if isinstance(number, bool) or not isinstance(number, int):
        raise Broken(f"the number of jobs created, {len(created):,}", f"returned {number!r}")
    if number != len(created):
        raise Broken(f"the number of jobs created, {len(created):,}", f"returned {number:,}")


def test_b2_50_000_within_the_budget(judge: Judge) -> None:
    """50,000 addresses take at most 5 s where a round trip takes 1.2 ms."""
    judge.explore(
        World(
            name="50,001 addresses, one of them twice",
            play=_create_many,
            operations_max=round(BUDGET_SECONDS / ROUND_TRIP_SECONDS) + 1,
            round_trip_seconds=ROUND_TRIP_SECONDS,
        )
    )


async def _create_many(stage: Stage) -> None:
    emails = _addresses(MANY)
    emails[-2] = emails[0]

    async def create(actor: Actor) -> None:
        before = now()
        call = await actor.create(1, list(emails))
        stage.no_error(call, "50,000 jobs within 5 s")
        seconds = (now() - before).total_seconds()
        if seconds > BUDGET_SECONDS:
            raise Broken(
                "50,000 jobs within 5 s",
                f"it took {seconds:.1f} s, with {len(stage.scheduler.operations):,} round trips",
            )
        rows = stage.count()
        if rows not in (MANY, MANY - 1) or not stage.count("customer_email = ?", emails[-1]):
            raise Broken(f"jobs for {MANY:,} addresses, one of them twice", f"{rows:,} jobs")
        if call.value != rows:
            raise Broken(
                f"the number of jobs created, {rows:,}",
                f"returned {call.value!r}",
                why="The first address is in the list twice: it is the last but one as well.",
            )

    stage.too_long = lambda: Broken(
        "50,000 jobs within 5 s", "not done after 4,166 round trips of 1.2 ms, which are 5 s"
    )
    await stage.alone(create)


def test_b3_all_or_none(judge: Judge) -> None:
    """All jobs or none: neither an error nor a crash half-way leaves some of them."""
    judge.explore(
        World(name="a crash, 30 addresses", play=_watches(30)),
        World(name="a crash, 30,011 addresses", play=_watches(30_011)),
        World(name="an error, 30 addresses", play=_fails(30), fill=_error_at(20)),
        World(
            name="an error at first, 2,503 addresses",
            play=_fails_at_first(2_503),
            fill=_error_at(2_333, until="2030-01-01 09:00:00.010"),
        ),
        World(name="an error, 707 addresses", play=_fails(707), fill=_error_at(707)),
        World(name="an error, 10,507 addresses", play=_fails(10_507), fill=_error_at(10_507)),
        World(name="a crash, and another list", play=_dies, limits=Limits(crashes=1)),
        World(
            name="cancelled, 1,203 addresses",
            play=_cancelled(1_203),
            round_trip_seconds=ROUND_TRIP_SECONDS,
        ),
    )


def _error_at(number: int, *, until: str = "") -> str:
    """Return SQL that lets the database refuse one of the addresses, until some moment."""
    still = f"AND strftime('%Y-%m-%d %H:%M:%f', 'now') < '{until}'" if until else ""
    return f"""
        CREATE TRIGGER full BEFORE INSERT ON jobs
        WHEN new.customer_email = '{_addresses(number)[-1]}' {still}
        BEGIN SELECT raise(ABORT, 'database or disk is full'); END;
    """


class _watches:  # noqa: N801 - a play, as the functions beside it are
    """Creates jobs; whatever is committed at any moment is what a crash would leave."""

    def __init__(self, count: int):
        self.count = count

    async def __call__(self, stage: Stage) -> None:
        stage.too_long = lambda: None
        stage.on_commit = lambda: _check_all_or_none(stage, self.count, "committed here are")
        emails = _addresses(self.count)

        async def create(actor: Actor) -> None:
            stage.no_error(await actor.create(1, emails), f"{self.count:,} jobs")

        await stage.alone(create)


class _fails:  # noqa: N801 - a play, as the functions beside it are
    """Creates jobs, but the database refuses one of them."""

    def __init__(self, count: int):
        self.count = count

    async def __call__(self, stage: Stage) -> None:
        stage.too_long = lambda: None

        async def create(actor: Actor) -> None:
            call = await actor.create(1, _addresses(self.count))
            _check_result(stage, call, self.count, _after(call))

        await stage.alone(create)


class _fails_at_first:  # noqa: N801 - a play, as the functions beside it are
    """Creates jobs, but the database has no room for some time; then the caller tries again."""

    def __init__(self, count: int):
        self.count = count

    async def __call__(self, stage: Stage) -> None:
        emails = _addresses(self.count)

        async def create(actor: Actor) -> None:
            call = await actor.create(1, list(emails))
            _check_result(stage, call, self.count, _after(call))
            if stage.count():
                return
            await stage.pass_time(1)
            call = await actor.create(1, list(emails))
            try:
                stage.no_error(call, "the number of jobs created, as the database has room again")
                _check_addresses(stage, call, emails)
                _check_at_most(stage.count(), self.count)
            except Broken as broken:
                broken.why = "The call before it failed, as the database had no room."
                raise

        await stage.alone(create)


async def _dies(stage: Stage) -> None:
    """A worker dies; what another one creates then is for that one's addresses."""

    async def create(actor: Actor) -> None:
        await actor.create(1, _addresses(3))

    async def create_others(actor: Actor) -> None:
        await _create_and_check(stage, actor, 2, ["x@example.com", "y@example.com"])

    await stage.alone(create)
    if stage.scheduler.dead:
        await stage.alone(create_others)


class _cancelled:  # noqa: N801 - a play, as the functions beside it are
    """Creates jobs, but is cancelled after two round trips and a half."""

    def __init__(self, count: int):
        self.count = count

    async def __call__(self, stage: Stage) -> None:
        async def create(actor: Actor) -> None:
            call = asyncio.create_task(actor.create(1, _addresses(self.count)))
            await stage.pass_time(2.5 * ROUND_TRIP_SECONDS)
            call.cancel()
            await asyncio.wait([call])
            await stage.pass_time(60)
            _check_result(stage, await call, self.count, "after it was cancelled there are")

        await stage.alone(create)


def _after(call: Call) -> str:
    return "after an error there are" if call.error else "there are"


def _check_result(stage: Stage, call: Call, count: int, words: str) -> None:
    """Check a call in which something went wrong, whether it has raised an error or not."""
    if broken := _check_all_or_none(stage, count, words):
        raise broken
    if call.error is None:
        rows = stage.count()
        if call.value != rows:
            raise Broken(f"the number of jobs created, {rows:,}", f"returned {call.value!r}")


def _check_all_or_none(stage: Stage, count: int, words: str) -> Broken | None:
    rows = stage.count()
    if rows in (0, count) and rows == stage.count("status = 'pending'"):
        return None
    kinds = Counter(str(status) for (status,) in stage.select("SELECT status FROM jobs").rows)
    words_of_kinds = ", ".join(f"{number:,} {kind}" for kind, number in kinds.items())
    return Broken(
        f"all {count:,} jobs pending, or none of them there",
        f"{words} {rows:,} of {count:,} jobs ({words_of_kinds})",
    )


def test_b4_addresses_as_given(judge: Judge) -> None:
    """Addresses are stored as given, with quotes, capitals and unicode."""
    judge.explore(
        World(name=f"{len(SPECIAL)} unusual addresses", play=_creates(SPECIAL)),
        World(name="one by one", play=_create_one_by_one),
    )


async def _create_one_by_one(stage: Stage) -> None:
    async def create(actor: Actor) -> None:
        for email in SPECIAL:
            await _create_and_check(stage, actor, 1, [email])

    await stage.alone(create)


def _addresses(count: int) -> list[str]:
    return [f"customer{n}@example.com" for n in range(1, count + 1)]


def _count(emails: list[str]) -> str:
    return f"{len(emails):,} address{'es' * (len(emails) != 1)}"
