"""Task B: create a job for each address."""

from infra.clock import now
from infra.models import Job, JobStatus, JobStepName
from tests.judge.actor import Actor, Call
from tests.judge.broken import Broken
from tests.judge.judge import Judge
from tests.judge.stage import Stage
from tests.judge.world import World, jobs, pending

BUDGET_SECONDS = 5.0
ROUND_TRIP_SECONDS = 0.0012
MANY = 50_000

BEFORE = pending(3, address="earlier{}@example.com") + jobs(
    "campaign_id = 2, customer_email = 'other@example.com', status = 'completed', "
    "current_step = 'done'"
)
SPECIAL = [
    "o'hara@example.com",
    "o''malley@example.com",
    '"quoted name"@example.com',
    '"a,b"@example.com',
    "Ada.Lovelace@Example.COM",
    "ADA.lovelace@example.com",
    " spaced@example.com ",
    "no-address",
    "plus+tag@example.com",
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
        World(name="1,203 addresses", play=_creates(_addresses(1_203)), fill=BEFORE),
        World(name="two campaigns", play=_create_twice, fill=BEFORE),
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


async def _create_twice(stage: Stage) -> None:
    async def create(actor: Actor) -> None:
        await _create_and_check(stage, actor, 1, _addresses(120))
        await _create_and_check(stage, actor, 2, _addresses(7))

    await stage.alone(create)


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
    created = _check_others(stage, before)
    _check_rows(created, campaign_id, emails)
    _check_number(call, created)


def _check_others(stage: Stage, before: list[Job]) -> list[Job]:
    """Return the new jobs. Raises Broken when one that was there has changed."""
    after = {job.id: job for job in stage.jobs()}
    for job in before:
        if after.pop(job.id, None) != job:
            raise Broken("jobs that were there before are left alone", f"job {job.id} was changed")
    return list(after.values())


def _check_rows(created: list[Job], campaign_id: int, emails: list[str]) -> None:
    _check_each_has_one(emails, {job.customer_email for job in created}, len(created))
    for job in created:
        if job.customer_email not in emails:
            raise Broken("addresses as given", f"a job for {job.customer_email!r}")
    if len(created) > len(emails):
        raise Broken(f"at most {len(emails)} jobs", f"{len(created)} jobs")
    for job in created:
        wanted = (campaign_id, JobStatus.PENDING, JobStepName.SEND_EMAIL, None)
        if (job.campaign_id, job.status, job.current_step, job.completed_at) != wanted:
            raise Broken(
                f"jobs of campaign {campaign_id}, pending at send_email",
                f"a job of campaign {job.campaign_id}, {job.status} at {job.current_step}",
            )


def _check_each_has_one(emails: list[str], found: set[str], count: int) -> None:
    for email in emails:
        if email not in found:
            raise Broken(
                f"a job for each of {_count(emails)}",
                f"{count} jobs, and none of them for {email!r}",
            )


def _check_number(call: Call, created: list[Job]) -> None:
    number = call.value
    if isinstance(number, bool) or not isinstance(number, int):
        raise Broken(f"the number of jobs created, {len(created)}", f"returned {number!r}")
    if number != len(created):
        raise Broken(f"the number of jobs created, {len(created)}", f"returned {number}")


def test_b2_50_000_within_the_budget(judge: Judge) -> None:
    """50,000 addresses take at most 5 s where a round trip takes 1.2 ms."""
    judge.explore(
        World(
            name="50,000 addresses",
            play=_create_many,
            operations_max=round(BUDGET_SECONDS / ROUND_TRIP_SECONDS) + 1,
            round_trip_seconds=ROUND_TRIP_SECONDS,
        )
    )


async def _create_many(stage: Stage) -> None:
    emails = _addresses(MANY)

    async def create(actor: Actor) -> None:
        before = now()
        call = await actor.create(1, emails)
        stage.no_error(call, "50,000 jobs within 5 s")
        seconds = (now() - before).total_seconds()
        if seconds > BUDGET_SECONDS:
            raise Broken(
                "50,000 jobs within 5 s",
                f"it took {seconds:.1f} s, with {len(stage.scheduler.operations):,} round trips",
            )
        rows = stage.count()
        if not rows == call.value == MANY:
            raise Broken(f"{MANY:,} jobs", f"returned {call.value!r}, and there are {rows:,} jobs")

    stage.too_long = lambda: Broken(
        "50,000 jobs within 5 s", "not done after 4,166 round trips of 1.2 ms, which are 5 s"
    )
    await stage.alone(create)


def test_b3_all_or_none(judge: Judge) -> None:
    """All jobs or none: neither an error nor a crash half-way leaves some of them."""
    judge.explore(
        World(name="a crash, 30 addresses", play=_watches(30)),
        World(name="a crash, 30,000 addresses", play=_watches(30_000)),
        World(name="an error, 30 addresses", play=_fails(30), fill=_error_at(20)),
        World(name="an error, 2,503 addresses", play=_fails(2_503), fill=_error_at(2_333)),
        World(name="an error, 10,500 addresses", play=_fails(10_500), fill=_error_at(10_400)),
    )


def _error_at(number: int) -> str:
    """Return SQL that lets the database refuse one of the addresses."""
    return f"""
        CREATE TRIGGER full BEFORE INSERT ON jobs
        WHEN new.customer_email = '{_addresses(number)[-1]}'
        BEGIN SELECT raise(ABORT, 'database or disk is full'); END;
    """


class _watches:  # noqa: N801 - a play, as the functions beside it are
    """Creates jobs; whatever is committed at any moment is what a crash would leave."""

    def __init__(self, count: int):
        self.count = count

    async def __call__(self, stage: Stage) -> None:
        stage.too_long = lambda: None
        stage.on_commit = lambda: _check_all_or_none(stage, self.count, "a crash here leaves")
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
            broken = _check_all_or_none(stage, self.count, "after an error there are")
            if broken:
                raise broken
            if call.error is None:
                rows = stage.count()
                if call.value != rows:
                    raise Broken(f"the number of jobs created, {rows}", f"returned {call.value!r}")

        await stage.alone(create)


def _check_all_or_none(stage: Stage, count: int, words: str) -> Broken | None:
    rows = stage.count("status = 'pending'")
    if rows == stage.count() and rows in (0, count):
        return None
    return Broken(
        f"all {count:,} jobs, or none of them", f"{words} {rows:,} of {count:,} jobs pending"
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
