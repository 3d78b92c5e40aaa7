"""Task C: send a job's email through an API that fails."""

from collections.abc import Awaitable, Callable
from itertools import pairwise
from unicodedata import normalize

from infra.database.driver import Result
from infra.models import Job, JobStatus
from infra.services import Fault
from infra.services.ledger import Outcome
from infra.services.sendgrid import SendGridConfig, is_address
from infra.simulation.scheduler import Act, Limits
from tests.judge.actor import Actor
from tests.judge.broken import Broken
from tests.judge.delivery import (
    CLAIMS_MAX,
    PATIENCE_SECONDS,
    check_message,
    complete,
    hand_over,
    others_left_alone,
    send_all,
    send_and_check,
    send_now_and_then,
    work_off,
)
from tests.judge.judge import Judge
from tests.judge.stage import DOWN, DOWN_BY_TURNS, Stage, Try
from tests.judge.world import Watch, World, campaign, jobs, pending, starting

AS_SLOW_AS_USUAL = SendGridConfig(error_rate=0, rate_limit_per_second=None)
TIMEOUTS = (Act.TIMEOUT_BEFORE_DELIVERY, Act.TIMEOUT_AFTER_DELIVERY)
ANY_FAULT = (Act.RATE_LIMITED, *TIMEOUTS)
INVALID = jobs("campaign_id = 1, customer_email = 'no-address'")
BYSTANDERS = jobs(
    "campaign_id = 1, customer_email = 'hugo@example.com', status = 'processing', "
    "worker_id = 'worker-70', started_at = '2030-01-01 08:59:00.000000'",
    "campaign_id = 2, customer_email = 'ruth@example.com', status = 'processing', "
    "worker_id = 'worker-71', started_at = '2030-01-01 08:59:00.000000'",
    "campaign_id = 2, customer_email = 'ada@home@example.com', status = 'completed', "
    "current_step = 'done'",
)
GOOD_AND_BAD = (
    jobs(
        "campaign_id = 1, customer_email = 'ada@home@example.com'",
        "campaign_id = 1, customer_email = 'ada@example.com'",
        *(f"campaign_id = 1, customer_email = 'no {n}@example.com'" for n in range(11)),
        "campaign_id = 1, customer_email = 'grace@example.com'",
        "campaign_id = 1, customer_email = 'no_1@example.com'",
        "campaign_id = 2, customer_email = 'no 1@example.com'",
        "campaign_id = 2, customer_email = 'grace.2@example.com'",
        "campaign_id = 2, customer_email = 'grace@example.com', status = 'failed', "
        "retry_count = 5, error_message = 'gave up: timed out'",
    )
    + BYSTANDERS
)
OLD = jobs(
    "campaign_id = 1, customer_email = 'late@example.com', "
    "created_at = '2029-11-01 09:00:00.000000'"
)
FOUR_MAILS = jobs(
    "campaign_id = 1, customer_email = 'ada@example.com'",
    "campaign_id = 1, customer_email = 'bob@example.com'",
    "campaign_id = 2, customer_email = 'ada@example.com'",
    "campaign_id = 2, customer_email = 'Grace.Hopper@Example.COM'",
)
ODD_MAILS = (
    jobs(
        "campaign_id = 1, customer_email = 'pat.o''hara+news@example.com'",
        "campaign_id = 1, customer_email = 'jürgen@müller.example'",
        "campaign_id = 1, customer_email = 'zoe\u0308@bu\u0308cher.example'",
        "campaign_id = 1, customer_email = 'ada@science.museum'",
        "campaign_id = 1, customer_email = '{ada}_100%@example.com'",
        "campaign_id = 2, customer_email = 'paused@example.com'",
    )
    + "UPDATE campaigns SET name = 'Sale {2030}' WHERE id = 1;"
    + "UPDATE campaigns SET name = '50% off', status = 'paused' WHERE id = 2;"
)
FOR_DAYS = (
    pending(8)
    + "UPDATE jobs SET scheduled_for = '2030-01-01 10:00:00.000000' WHERE id IN (4, 5);"
    + "UPDATE jobs SET scheduled_for = '2030-01-04 09:00:00.000000' WHERE id > 5;"
    + BYSTANDERS
)
MANY_IDS = (
    *range(1, 103),
    *(112, 121, 129, 257, 1001, 1234, 1235, 4097, 10_001, 12_340, 12_345, 50_001, 65_537, 100_001),
    *(123_450, 1_000_001, 1_234_567, 1_234_568, 2**31 + 5, 2**32 + 7),
)
"""Alike at the beginning or at the end, or by the remainder of a division."""
_CAMPAIGN_OF = {12: 11, 121: 1}  # 11 and 12 run together are 1 and 112; 12 and 11, 121 and 1
LONG_ADDRESS = "ada.augusta.king.countess.of.lovelace@mail.analytical-engines.example.com"
SAME_CUSTOMER = campaign(11) + "".join(
    f"INSERT INTO jobs (id, campaign_id, customer_email) "
    f"VALUES ({number}, {_CAMPAIGN_OF.get(number, 1 + number % 2)}, '{LONG_ADDRESS}');"
    for number in MANY_IDS
)
YEARS_END = jobs(
    "campaign_id = 1, customer_email = 'late@example.com', "
    "created_at = '2034-12-31 00:00:00.000000'"
)
TO_YEARS_END_SECONDS = ((5 * 365 + 1) * 24 - 9) * 3600
"""From nine o'clock on 1 January 2030 until a year begins on a Monday."""
DOWN_CLAIMS = 12
DOWN_CLAIMS_MAX = 50
"""So often a job is claimed if that takes no more than so many operations, or such waits."""
DOWN_OPERATIONS_MAX = 1_000
DOWN_WAIT_SECONDS_MAX = 24 * 3600
OUTAGE_CLAIMS = 40
AFTER_OUTAGE_CLAIMS_MAX = 1_000
"""Who waits for SendGrid to be back may put a job back every minute, for hours."""
AFTERWARDS = "afterwards@example.com"
_CALLS: frozenset[Watch] = frozenset({"calls"})


def test_c1_one_good_send(judge: Judge) -> None:
    """One good send: the mail goes to the job's address, once, and the answer is True."""
    judge.explore(
        World(name="1 job", play=_send_once, fill=pending(1)),
        World(name="4 jobs", play=_send_once, fill=FOUR_MAILS),
        World(name="unusual addresses, a paused campaign", play=_send_once, fill=ODD_MAILS),
        World(name="a job that was tried before", play=_send_once, fill=_TRIED),
    )


_TRIED = jobs(
    "campaign_id = 2, customer_email = 'again@example.com', retry_count = 2, "
    "error_message = 'timed out', scheduled_for = '2030-01-01 08:59:00.000000'"
)


async def _send_once(stage: Stage) -> None:
    async def send(actor: Actor) -> None:
        job = await actor.take()
        if job is None:
            raise Broken("the next job can be claimed", "no job is pending and due")
        before = len(mails)
        with others_left_alone(stage, job):
            sent = await actor.send(job)
        addresses = [mail.to for mail in mails[before:]]
        if addresses != [job.customer_email]:
            raise Broken(
                f"one mail to {job.customer_email}",
                _mails_to(addresses),
                why=_ALIKE if _composed(addresses) == _composed([job.customer_email]) else "",
            )
        if not sent:
            raise Broken(
                "True, as SendGrid took the mail",
                "returned False",
                why="SendGrid answers in 0.2 s, as usual.",
            )
        row = stage.job(job.id)
        if row.status == JobStatus.FAILED:
            raise Broken("a job that can go on", "the job is failed")
        complete(stage, job)

    mails = stage.services.sendgrid.ledger.deliveries
    stage.services.sendgrid.config = AS_SLOW_AS_USUAL
    for _ in stage.jobs():
        await stage.alone(send)


_ALIKE = "It looks the same, and is another text: its letters and accents are put together."


def _composed(addresses: list[str]) -> list[str]:
    return [normalize("NFC", address) for address in addresses]


def _mails_to(addresses: list[str]) -> str:
    if not addresses:
        return "no mail"
    return f"{_mails(len(addresses))} to {', '.join(dict.fromkeys(addresses))}"


def _mails(count: int) -> str:
    return f"{count or 'no'} mail{'s' * (count > 1)}"


def test_c2_invalid_address(judge: Judge) -> None:
    """An invalid address fails the job, with a message, and is never tried again."""
    judge.explore(
        World(name="1 job", play=_send_invalid, fill=INVALID),
        *(
            World(
                name=f"{tries} tries so far",
                play=_send_invalid,
                fill=f"{INVALID}; UPDATE jobs SET retry_count = {tries};",
            )
            for tries in (1, 4)
        ),
        World(
            name="good and bad addresses, by one worker", play=_send_good_and_bad, fill=GOOD_AND_BAD
        ),
        World(
            name="after errors",
            play=_invalid_after_errors,
            fill=INVALID,
            limits=Limits(faults=3),
            faults=(Act.RATE_LIMITED, Act.TIMEOUT_BEFORE_DELIVERY),
        ),
        World(
            name="a crash",
            play=_invalid_in_the_end,
            fill=INVALID,
            limits=Limits(crashes=1),
        ),
    )


async def _invalid_in_the_end(stage: Stage) -> None:
    """A worker may die; whoever has the job then fails it, and says why."""

    await work_off(stage, _send)
    row = stage.job()
    if row.status != JobStatus.FAILED:
        raise Broken("the job is failed in the end", f"it is {row.status}")
    check_message(row)


async def _send(actor: Actor, job: Job) -> None:
    await actor.send(job)


async def _invalid_after_errors(stage: Stage) -> None:
    """However long it takes until SendGrid has looked at the address, it does so once."""
    await _invalid_in_the_end(stage)
    refused = sum(call.outcome is Outcome.INVALID for call in stage.services.sendgrid.ledger.calls)
    if refused > 1:
        raise Broken("an invalid address is tried once", f"it was refused {refused} times")


async def _send_good_and_bad(stage: Stage) -> None:
    """A bad address fails its own job. No other job is changed, and every other mail goes out."""

    async def send(actor: Actor, job: Job) -> None:
        with others_left_alone(stage, job):
            sent = await actor.send(job)
        if is_address(job.customer_email) and stage.job(job.id).status == JobStatus.FAILED:
            raise Broken(
                "only an address that SendGrid refuses fails its job",
                f"the job of {job.customer_email} is failed",
            )
        if sent:
            _check_valid(job)
            complete(stage, job)

    await work_off(stage, send, crew=[stage.actor()], claims_max=5 * len(stage.jobs()))
    for job in stage.jobs("status = 'failed'"):
        check_message(job)
    for job in stage.jobs("status = 'completed'"):
        if is_address(job.customer_email) and not stage.deliveries_to(job.customer_email):
            raise Broken(f"a mail to {job.customer_email}", "no mail")


def _check_valid(job: Job) -> None:
    if not is_address(job.customer_email):
        raise Broken("False, as the address is invalid", "returned True")


async def _send_invalid(stage: Stage) -> None:
    copies: list[Job] = []

    async def send(actor: Actor) -> None:
        job = await actor.take()
        assert job
        copies.append(stage.job(job.id))
        if await actor.send(job):
            _check_valid(job)
        calls = len(stage.services.sendgrid.ledger.calls)
        if calls > 1:
            raise Broken(
                "an invalid address is tried once",
                f"it was tried {calls} times in one call",
                line=stage.line_of_last_mail(job.customer_email),
            )
        row = stage.job(job.id)
        if row.status != JobStatus.FAILED:
            raise Broken("the job is failed", f"it is {row.status}")
        check_message(row)

    async def send_copy(actor: Actor) -> None:
        before = len(stage.scheduler.operations)
        if await actor.send(copies[0]):
            raise Broken(
                "False, as no mail has gone out", "True, when called again with an old copy"
            )
        _check_not_tried_again(stage, before)

    worker = await stage.alone(send)
    await stage.together((worker, send_copy))
    await stage.pass_time(3 * 24 * 3600)
    await stage.reap()
    await stage.alone(send_copy)
    if stage.job().status != JobStatus.FAILED:
        raise Broken("the job stays failed", f"it is {stage.job().status}")


def _check_not_tried_again(stage: Stage, before: int) -> None:
    """Check that no call for the one job tries its address after it has read that it is failed.

    Who trusts the copy that it was given does not know that it is.
    """
    knows = False
    for _, operation in stage.scheduler.operations[before:]:
        if operation.call == "send_email" and knows:
            raise Broken(
                "an address that was refused is never tried again",
                "it was tried again, when called with an old copy",
                why="By then the call had read that the job is failed.",
                line=stage.line_of(operation),
            )
        result = operation.result
        # A step that is recorded as failed may be one to try again.
        is_of_steps = "job_steps" in operation.call
        if isinstance(result, Result) and "status" in result.columns and not is_of_steps:
            place = result.columns.index("status")
            knows |= any(row[place] == JobStatus.FAILED for row in result.rows)


def test_c3_rate_limit(judge: Judge) -> None:
    """A rate limit is transient: the mail goes out in the end, and the job is never stuck."""
    judge.explore(
        World(
            name="1 job",
            play=_send_until_done,
            fill=pending(1),
            limits=Limits(faults=3),
            faults=(Act.RATE_LIMITED,),
        ),
        World(
            name="2 jobs",
            play=_send_until_done,
            fill=pending(2),
            limits=Limits(faults=2),
            faults=(Act.RATE_LIMITED,),
        ),
        World(
            name="an old job, by one worker, at the end of the year",
            play=starting("2030-12-31 23:59:20", _send_by_one_worker),
            fill=OLD,
            limits=Limits(faults=3),
            faults=(Act.RATE_LIMITED,),
        ),
        World(
            name="8 jobs of one worker, for days, each limited three times",
            play=_send_by_unlucky_worker,
            fill=FOR_DAYS,
        ),
    )


def test_c4_timeout_delivered_or_not(judge: Judge) -> None:
    """After a timeout, delivered or not, the customer gets exactly one mail."""
    judge.explore(
        World(
            name="timeouts",
            play=_send_until_done,
            fill=pending(1),
            limits=Limits(faults=3),
            faults=TIMEOUTS,
        ),
        World(
            name="an error and a crash",
            play=_send_until_done,
            fill=pending(1),
            limits=Limits(crashes=1, faults=1),
            faults=ANY_FAULT,
            runs_max=60,
        ),
        World(name="called again", play=_send_again, fill=pending(1)),
        World(name="called again when it was put back", play=_send_when_put_back, fill=pending(1)),
        World(
            name="called again, with errors",
            play=_send_again,
            fill=pending(1),
            limits=Limits(faults=1),
            faults=TIMEOUTS,
        ),
        World(
            name="two workers at once",
            play=_send_twice_at_once,
            fill=pending(1),
            limits=Limits(preemptions=1, faults=1),
            faults=TIMEOUTS,
            runs_max=40,
            samples=4,
        ),
        World(
            name="a worker whose job is for others again",
            play=_send_while_reaped,
            fill=pending(1),
            limits=Limits(preemptions=1, faults=1),
            faults=TIMEOUTS,
            runs_max=30,
        ),
        World(
            name="a worker who is reaped at work",
            play=_send_reaped,
            fill=pending(1),
            limits=Limits(preemptions=1),
            runs_max=30,
        ),
    )


async def _send_until_done(stage: Stage, crew: list[Actor] | None = None) -> None:
    async def send(actor: Actor, job: Job) -> None:
        with others_left_alone(stage, job):
            await send_and_check(stage, actor, job)

    await work_off(stage, send, crew=crew, claims_max=CLAIMS_MAX * len(stage.jobs()))
    _check_one_mail_each(stage)


async def _send_by_one_worker(stage: Stage) -> None:
    await _send_until_done(stage, [stage.actor()])


async def _send_by_unlucky_worker(stage: Stage) -> None:
    worker = stage.actor()
    stage.unlucky = worker.id
    stage.asks_to_wait = (0.5, 7, 90)
    await _send_until_done(stage, [worker])


def _check_one_mail_each(stage: Stage) -> None:
    for job in stage.jobs("current_step = 'send_email'"):
        delivered = stage.deliveries_to(job.customer_email)
        if delivered != 1:
            raise Broken(
                f"exactly one mail to {job.customer_email}",
                _mails(delivered),
                why=_keys_in_words(stage, job) if delivered > 1 else "",
            )


def _keys_in_words(stage: Stage, job: Job) -> str:
    keys = list(dict.fromkeys(mail.key for mail in stage.tries if mail.job == job.id))
    if len(keys) < 2:
        return "The key was more than 24 hours old when it was used again."
    return f"SendGrid was given different keys for one mail: {keys[0]!r}, then {keys[1]!r}."


async def _send_again(stage: Stage) -> None:
    """The same job, and a stale copy of it, are handed over again after all went well."""
    copies: list[Job] = []

    async def send(actor: Actor, job: Job) -> None:
        copies.append(stage.job(job.id))
        sent = await send_and_check(stage, actor, job)
        if sent:
            stage.change("UPDATE jobs SET status = 'processing' WHERE id = ?", job.id)
            if not await actor.send(job) and not stage.scheduler.faults_done:
                raise Broken("True, as SendGrid has the mail from an earlier try", "False")
            complete(stage, job)

    async def send_copy(actor: Actor) -> None:
        await actor.send(copies[0])

    await work_off(stage, send)
    await stage.alone(send_copy)
    _check_one_mail_each(stage)


async def _send_when_put_back(stage: Stage) -> None:
    """A job was not sent, and put back; its old copy is handed over once more."""
    copies: list[Job] = []
    stage.down = DOWN

    async def send(actor: Actor) -> None:
        job = await actor.take()
        assert job
        earlier = stage.job(job.id)
        if not await send_and_check(stage, actor, job):
            copies.extend((earlier, job))

    async def send_copies(actor: Actor) -> None:
        for copy in copies:
            if await actor.send(copy) and not stage.deliveries_to(copy.customer_email):
                raise Broken(
                    "True only when SendGrid has the mail",
                    "True, and no mail has gone out",
                    why="It was called again, with a copy from before the job was put back.",
                )

    await stage.alone(send)
    if stage.job().status == JobStatus.FAILED:
        return
    stage.down = ()
    await stage.alone(send_copies)
    if stage.deliveries_to(stage.job().customer_email):
        complete(stage, stage.job())
    await _send_until_done(stage)


async def _send_twice_at_once(stage: Stage) -> None:
    """A slow worker's job was reaped and claimed by another one; both send."""
    slow, quick = stage.actor(), stage.actor()
    stale, current = await hand_over(stage, slow, quick)
    assert stale
    assert current

    async def send(actor: Actor) -> None:
        await actor.send(stale if actor is slow else current)

    await _send_together(stage, slow, quick, send)


async def _send_while_reaped(stage: Stage) -> None:
    """A slow worker's job was reaped; another one claims it while both send."""
    slow, quick = stage.actor(), stage.actor()
    stale = await slow.take()
    assert stale
    await stage.pass_time(PATIENCE_SECONDS)
    await stage.reap()
    await _send_beside(stage, slow, stale, quick)


async def _send_reaped(stage: Stage) -> None:
    """A slow worker's job is reaped while it sends; another one claims it, and sends as well."""
    slow, quick = stage.actor(), stage.actor()
    stale = await slow.take()
    assert stale
    await stage.pass_time(PATIENCE_SECONDS)
    await _send_beside(stage, slow, stale, quick, reaps=True)


async def _send_beside(
    stage: Stage, slow: Actor, stale: Job, quick: Actor, *, reaps: bool = False
) -> None:
    async def send(actor: Actor) -> None:
        if reaps and actor is quick:
            await actor.reap()
        job = stale if actor is slow else await actor.take()
        if job:
            await actor.send(job)

    await _send_together(stage, slow, quick, send)


async def _send_together(
    stage: Stage, slow: Actor, quick: Actor, send: Callable[[Actor], Awaitable[None]]
) -> None:
    """Let both send, and others after them, until the mail is out."""
    await stage.together((slow, send), (quick, send))
    if stage.deliveries_to(stage.job().customer_email):
        complete(stage, stage.job())
    await send_all(stage)
    _check_one_mail_each(stage)


def test_c5_one_key_per_email(judge: Judge) -> None:
    """One key per email: the same in each try, and another one for each job."""
    judge.explore(
        World(name="4 jobs", play=_keys_differ, fill=FOUR_MAILS),
        World(
            name=f"{len(MANY_IDS)} jobs of one customer, by one worker",
            play=_keys_differ_of_many,
            fill=SAME_CUSTOMER,
            operations_max=10_000,
        ),
        World(name="SendGrid is down", play=_key_stays_when_down, fill=pending(1)),
        World(
            name="errors and a crash, at the year's last midnight",
            play=_key_stays_at_midnight,
            fill=YEARS_END,
            limits=Limits(crashes=1, faults=3),
            faults=(Act.TIMEOUT_AFTER_DELIVERY,),
            runs_max=50,
        ),
    )


async def _keys_differ(stage: Stage) -> None:
    await send_all(stage)
    _check_keys(stage)


async def _keys_differ_of_many(stage: Stage) -> None:
    """One worker sends one mail after another. It may put some back, but all go out."""
    worker = stage.actor()

    async def send_each(actor: Actor) -> None:
        for _ in MANY_IDS:
            if (job := await actor.take()) and await actor.send(job):
                complete(stage, job)

    await stage.together((worker, send_each))
    _check_keys(stage)
    await send_all(stage, [worker])
    delivered = len(stage.services.sendgrid.ledger.deliveries)
    if delivered != len(MANY_IDS):
        raise Broken(f"{_mails(len(MANY_IDS))}, one for each job", _mails(delivered))


def _check_keys(stage: Stage) -> None:
    first_of_key: dict[str, Try] = {}
    for mail in stage.tries:
        other = first_of_key.setdefault(mail.key, mail)
        if other.job != mail.job:
            assert other.job
            assert mail.job
            first, second = stage.job(other.job), stage.job(mail.job)
            raise Broken(
                "a key of its own for each job",
                f"job {first.id} (campaign {first.campaign_id}, {first.customer_email}) and job "
                f"{second.id} (campaign {second.campaign_id}, {second.customer_email}) "
                f"share {mail.key!r}",
                why="SendGrid takes the second mail for the first one, and does not send it.",
                line=stage.line_of_try(mail),
                steps=(stage.step_of_try(other), stage.step_of_try(mail)),
            )


async def _key_stays_at_midnight(stage: Stage) -> None:
    await stage.pass_time(TO_YEARS_END_SECONDS - 5)
    await _key_stays(stage)


async def _key_stays(stage: Stage) -> None:
    await send_all(stage)
    _check_one_key(stage)


def _check_one_key(stage: Stage) -> None:
    for earlier, later in pairwise(stage.tries):
        if earlier.key != later.key:
            raise Broken(
                "the same key in each try of one mail",
                f"{earlier.key!r}, then {later.key!r}",
                why="If the first try was delivered after all, the second one is another mail.",
                line=stage.line_of_try(later),
                steps=(stage.step_of_try(earlier), stage.step_of_try(later)),
            )


async def _key_stays_when_down(stage: Stage) -> None:
    stage.down = DOWN
    await send_now_and_then(stage, 12, lambda: _check_one_key(stage))


def test_c6_no_call_in_a_transaction(judge: Judge) -> None:
    """No external call is made while a transaction is open."""
    judge.explore(
        World(
            name="rate limits",
            play=_send_anyhow,
            fill=pending(1),
            limits=Limits(faults=3),
            faults=(Act.RATE_LIMITED,),
            watches=_CALLS,
        ),
        World(
            name="timeouts",
            play=_send_anyhow,
            fill=pending(1),
            limits=Limits(faults=3),
            faults=(Act.TIMEOUT_BEFORE_DELIVERY,),
            watches=_CALLS,
        ),
        World(name="an invalid address", play=_send_anyhow, fill=INVALID, watches=_CALLS),
    )


async def _send_anyhow(stage: Stage) -> None:
    await send_now_and_then(stage, 4)


def test_c7_sendgrid_down(judge: Judge) -> None:
    """When SendGrid is down the call returns; it waits between tries and blocks nobody."""
    down, *_ = judge.explore(
        World(name="down for good", play=_send_while_down, fill=pending(1)),
        World(
            name="down for good, 2 jobs of one worker",
            play=_send_while_down,
            fill=pending(2),
        ),
        World(
            name="down for a while, 8 jobs of one worker",
            play=_send_after_outage,
            fill=pending(8),
            operations_max=10_000,
        ),
        World(name="down, by two errors in turn", play=_send_while_both, fill=pending(1)),
        World(name="limited for good", play=_send_while_limited, fill=pending(1)),
        *(
            World(
                name=f"down once the mail is out, {tries} tries so far",
                play=_send_too_late,
                fill=f"{pending(1)}; UPDATE jobs SET retry_count = {tries};",
                limits=Limits(preemptions=1),
                runs_max=30,
            )
            for tries in (0, 7, 19)
        ),
        World(
            name="rate limits",
            play=_send_with_waits,
            fill=pending(1),
            limits=Limits(faults=3),
            faults=(Act.RATE_LIMITED,),
        ),
        World(
            name="timeouts",
            play=_send_with_waits,
            fill=pending(1),
            limits=Limits(faults=3),
            faults=(Act.TIMEOUT_BEFORE_DELIVERY,),
        ),
    )
    _observe_patience(judge, down)


def _observe_patience(judge: Judge, stage: Stage) -> None:
    """Tell how often and after which waits a mail was tried while SendGrid was down."""
    waits = [seconds for seconds, _ in _waits(stage)]
    in_words = ", ".join(f"{wait:.3g}" for wait in waits[:5])
    judge.observe(
        f"waits between the tries of one call, in seconds: {in_words}"
        if waits
        else "one try in each call"
    )
    calls = len({id(mail.call) for mail in stage.tries})
    count = f"{len(stage.tries)} tries in {calls} calls"
    gave_up = stage.final_status == JobStatus.FAILED
    judge.observe(f"gives up after {count}" if gave_up else f"has not given up after {count}")


async def _send_while_down(stage: Stage) -> None:
    await _send_while(stage, DOWN, stage.actor())


async def _send_while_both(stage: Stage) -> None:
    await _send_while(stage, DOWN_BY_TURNS)


async def _send_while_limited(stage: Stage) -> None:
    await _send_while(stage, (Fault.RATE_LIMITED,))


async def _send_while(stage: Stage, down: tuple[Fault, ...], worker: Actor | None = None) -> None:
    """Let one worker send, or a new one each time, until it has given up or tried for long."""
    stage.down = down
    stage.too_long = lambda: Broken(
        "the call returns, although SendGrid is down", "it goes on and on, until it was stopped"
    )

    async def send(actor: Actor) -> None:
        job = await actor.take()
        if job:
            await send_and_check(stage, actor, job)
            _check_waits(stage)

    def is_enough(due_in_seconds: float) -> bool:
        is_costly = len(stage.scheduler.operations) > DOWN_OPERATIONS_MAX
        return is_costly or due_in_seconds > DOWN_WAIT_SECONDS_MAX

    for claims in range(DOWN_CLAIMS_MAX):
        due_in_seconds = stage.next_due()
        if due_in_seconds is None or (claims >= DOWN_CLAIMS and is_enough(due_in_seconds)):
            break
        await stage.pass_time(due_in_seconds + 2)
        stage.count_anew()
        await stage.together((worker or stage.actor(), send))
    stage.final_status = stage.job().status


async def _send_after_outage(stage: Stage) -> None:
    """What a worker has met while SendGrid was down does not keep it from sending ever after."""
    worker = stage.actor()
    stage.down = DOWN

    async def send(actor: Actor) -> None:
        if job := await actor.take():
            await send_and_check(stage, actor, job)

    for _ in range(OUTAGE_CLAIMS):
        due_in_seconds = stage.next_due()
        if due_in_seconds is None or len(stage.scheduler.operations) > DOWN_OPERATIONS_MAX:
            break
        await stage.pass_time(due_in_seconds + 2)
        await stage.together((worker, send))
    stage.down = ()
    stage.change("INSERT INTO jobs (campaign_id, customer_email) VALUES (1, ?)", AFTERWARDS)

    async def send_job(actor: Actor, job: Job) -> None:
        await send_and_check(stage, actor, job)

    await work_off(stage, send_job, crew=[worker], claims_max=AFTER_OUTAGE_CLAIMS_MAX)
    if stage.deliveries_to(AFTERWARDS) != 1:
        raise Broken(
            f"exactly one mail to {AFTERWARDS}",
            _mails(stage.deliveries_to(AFTERWARDS)),
            why="SendGrid was down before that job was there, and works again.",
        )


async def _send_too_late(stage: Stage) -> None:
    """A slow worker's job was reaped, and sent by another one, who is done with it."""
    slow, quick = stage.actor(), stage.actor()
    stale, current = await hand_over(stage, slow, quick)
    assert stale
    assert current
    stage.down_once_sent = DOWN
    was_done = False

    async def send(actor: Actor) -> None:
        nonlocal was_done
        if actor is slow:
            await actor.send(stale)
        elif await actor.send(current):
            complete(stage, current)
            was_done = True

    await stage.together((slow, send), (quick, send))
    if was_done:
        stage.down_once_sent = ()
        await stage.pass_time(25 * 3600)  # longer than SendGrid remembers a key
        await send_all(stage)
        _check_one_mail_each(stage)


async def _send_with_waits(stage: Stage) -> None:
    stage.asks_to_wait = (0.5, 1)
    await send_now_and_then(stage, 4, lambda: _check_waits(stage))


def _check_waits(stage: Stage) -> None:
    if stage.blocked_seconds:
        raise Broken(
            "waiting lets others run: await asyncio.sleep()",
            f"the whole event loop was blocked, for {stage.blocked_seconds:g} s",
        )
    for seconds, later in _waits(stage):
        if seconds <= 0:
            raise Broken(
                "tries inside one call wait between each other",
                "no time passed on the event loop before the next try",
                why="While one waits by await asyncio.sleep(seconds), others can work.",
                line=stage.line_of_try(later),
            )


def _waits(stage: Stage) -> list[tuple[float, Try]]:
    """Return the seconds from a try until the next one of the same call, with that one.

    They count from its answer, or from its beginning if the next one does not wait for that.
    """
    waits = []
    for earlier, later in pairwise(stage.tries):
        answered = earlier.answered_seconds
        if answered is not None and earlier.call is later.call:
            since = answered if answered <= later.at_seconds else earlier.at_seconds
            waits.append((later.at_seconds - since, later))
    return waits
