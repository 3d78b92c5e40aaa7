"""The reference's Task C: one mail to each customer, whatever SendGrid does."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from infra import RateLimitError, now
from infra.clock import wait
from infra.context import as_worker
from infra.models import Job, JobStatus
from infra.services import Fault, Outage
from infra.services.ledger import SendGridCall
from interviewer.selftests.world import World, in_a_world
from interviewer.solutions import reference

ADA = "INSERT INTO jobs (campaign_id, customer_email) VALUES (1, 'ada@example.com');"
TWO = ADA + "INSERT INTO jobs (campaign_id, customer_email) VALUES (1, 'bob@example.com');"
NOBODY = "INSERT INTO jobs (campaign_id, customer_email) VALUES (1, 'nobody');"


async def claim(worker_id: str = "worker-1") -> Job:
    with as_worker(worker_id):
        job = await reference.claim_next_job()
    assert job
    return job


def fail(world: World, *faults: Fault | None) -> None:
    """Let the k-th call of SendGrid meet the k-th fault."""
    world.services.sendgrid.faults = lambda call: dict(enumerate(faults, 1)).get(call.number)


def calls(world: World) -> list[SendGridCall]:
    return world.services.sendgrid.ledger.calls


@in_a_world(TWO)
async def test_a_good_send_delivers_one_mail(world: World) -> None:
    """It returns True, and each job's mail has a key of its own."""
    sent = [await reference.send_email_step(await claim()) for _ in range(2)]

    assert (sent, world.mails) == ([True, True], ["ada@example.com", "bob@example.com"])
    assert [call.idempotency_key for call in calls(world)] == [
        "job-1-send_email",
        "job-2-send_email",
    ]


@pytest.mark.parametrize("faults", [*product(Fault), *product(Fault, repeat=2)], ids=", ".join)
@in_a_world(ADA)
async def test_faults_are_tried_again_at_once(world: World, faults: tuple[Fault, ...]) -> None:
    """After one or two of any kind the mail is out, once, by one key, and the job is in hand."""
    fail(world, *faults)
    job = await claim()

    sent = await reference.send_email_step(job)

    assert (sent, world.mails) == (True, ["ada@example.com"])
    assert {call.idempotency_key for call in calls(world)} == {"job-1-send_email"}
    assert len(calls(world)) == len(faults) + 1
    assert await Job.get(id=1) == job


@pytest.mark.parametrize("faults", [*product(Fault, repeat=3)], ids=", ".join)
@in_a_world(ADA)
async def test_after_three_faults_the_job_is_put_back(
    world: World, faults: tuple[Fault, ...]
) -> None:
    """It is pending for a later claim, which does not deliver what has been delivered."""
    fail(world, *faults)
    put_back_at = now()

    sent = await reference.send_email_step(await claim())
    row = await Job.get(id=1)
    too_early = await reference.claim_next_job()
    await wait(120)
    later = await reference.send_email_step(await claim("worker-2"))

    assert (sent, too_early, later, world.mails) == (False, None, True, ["ada@example.com"])
    assert (row.status, row.worker_id, row.retry_count) == (JobStatus.PENDING, None, 1)
    assert row.error_message
    assert row.scheduled_for
    assert timedelta(minutes=1) <= row.scheduled_for - put_back_at < timedelta(minutes=2)


@in_a_world(ADA)
async def test_tries_wait_between_each_other(world: World) -> None:
    """The waits grow, are sleeps of this task alone, and are as long as SendGrid asks at least."""
    fail(world, Fault.TIMEOUT_BEFORE_DELIVERY, Fault.RATE_LIMITED)

    await reference.send_email_step(await claim())

    assert [words for words in world.operations if words.startswith("sleep")] == [
        "sleep(1.0)",
        "sleep(2.0)",
    ]


@in_a_world(ADA)
async def test_retry_after_is_honoured(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """When SendGrid asks for a longer wait, the next try is after that."""
    errors = iter([RateLimitError(retry_after=7.5), RateLimitError(retry_after=0.25)])

    async def send_email(to: str, body: str, idempotency_key: str) -> str:
        for error in errors:
            raise error
        return "msg-000001"

    monkeypatch.setattr(reference, "send_email", send_email)

    sent = await reference.send_email_step(await claim())

    assert sent
    assert [words for words in world.operations if words.startswith("sleep")] == [
        "sleep(7.5)",
        "sleep(2.0)",
    ]


@in_a_world(NOBODY)
async def test_an_invalid_address_fails_the_job(world: World) -> None:
    """It is failed with the reason, and never tried again, however often it is asked."""
    job = await claim()

    sent = [await reference.send_email_step(job) for _ in range(2)]
    await reference.process_job(job)

    row = await Job.get(id=1)
    assert (sent, len(calls(world)), world.mails) == ([False, False], 1, [])
    assert (row.status, row.error_message) == (
        JobStatus.FAILED,
        "SendGrid: 'nobody' is not an email address",
    )


@in_a_world(ADA)
async def test_when_sendgrid_is_down_the_call_returns(world: World) -> None:
    """Three tries are made, some seconds apart; then the job is put back."""
    world.services.sendgrid.config = replace(
        world.services.sendgrid.config, outages=(Outage(now()),)
    )
    started = now()

    sent = await reference.send_email_step(await claim())

    assert (sent, len(calls(world))) == (False, 3)
    assert timedelta(seconds=3) <= now() - started < timedelta(minutes=1)
    assert (await Job.get(id=1)).status == "pending"


@in_a_world(ADA)
async def test_when_sendgrid_is_down_for_good_the_job_is_given_up(world: World) -> None:
    """After five claims, each twice as late, it is failed with the reason."""
    world.services.sendgrid.config = replace(
        world.services.sendgrid.config, outages=(Outage(now()),)
    )
    waits = []
    for _ in range(5):
        job = await claim()
        await reference.process_job(job)
        due = (await Job.get(id=1)).scheduled_for
        waits.append(round((due - now()).total_seconds()) if due and due > now() else None)
        await wait(3600)

    row = await Job.get(id=1)
    assert waits == [60, 120, 240, 480, None]
    assert (row.status, row.retry_count, world.mails) == (JobStatus.FAILED, 4, [])
    assert str(row.error_message).startswith("SendGrid: no answer within ")
    assert await reference.claim_next_job() is None


@in_a_world(ADA)
async def test_a_stale_job_sends_nothing_when_its_key_is_forgotten(world: World) -> None:
    """A day later SendGrid has forgotten the key: it is not asked again, as the mail is out."""
    stale = await claim()
    await reference.process_job(stale)
    await wait(25 * 3600)

    sent = await reference.send_email_step(stale)
    await reference.process_job(stale)

    assert (sent, world.mails, len(calls(world))) == (True, ["ada@example.com"], 1)
    assert (await Job.get(id=1)).current_step == "analyze"


@in_a_world(ADA)
async def test_two_workers_with_one_job_send_one_mail(world: World) -> None:
    """Both have it when the first was taken for dead: both are told True."""
    first = await claim()
    await Job.filter(id=1).update(status="pending", worker_id=None)
    second = await claim("worker-2")

    sent = await asyncio.gather(*map(reference.send_email_step, (first, second)))

    assert (sent, world.mails) == ([True, True], ["ada@example.com"])


@in_a_world(NOBODY)
async def test_who_lost_the_job_does_not_fail_it(world: World) -> None:
    """A worker that was taken for dead leaves the row to the one that has it now."""
    first = await claim()
    await Job.filter(id=1).update(status="pending", worker_id=None)
    second = await claim("worker-2")

    sent = await reference.send_email_step(first)

    assert (sent, await Job.get(id=1)) == (False, second)
