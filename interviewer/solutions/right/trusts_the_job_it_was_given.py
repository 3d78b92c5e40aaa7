"""Works from the job in hand, and asks the row one thing only: is this claim still the current one?

The question is an UPDATE of `last_heartbeat` that names worker, start, step and state. Whoever has
lost the claim sends nothing at all: the one who has it now will.
"""

import json
from datetime import timedelta
from random import uniform

from candidate import helpers
from infra import (
    InvalidEmailError,
    Job,
    JobModel,
    RateLimitError,
    SendGridError,
    SentimentAPIError,
    TimeoutError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)

NEXT = dict(zip(helpers.WORKFLOW_STEPS, helpers.WORKFLOW_STEPS[1:], strict=False))


def claim_of(job: Job):
    return JobModel.filter(
        id=job.id,
        status="processing",
        worker_id=job.worker_id,
        started_at=job.started_at,
        current_step=job.current_step,
    )


async def still_ours(job: Job) -> bool:
    return await claim_of(job).update(last_heartbeat=now()) == 1


async def claim_next_job() -> Job | None:
    stamp = now()
    async with transaction():
        taken = await execute_sql(
            "UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ? "
            "WHERE id = (SELECT min(id) FROM (SELECT id FROM jobs WHERE status = 'pending' "
            "AND (scheduled_for IS NULL OR scheduled_for <= ?) ORDER BY created_at LIMIT 1))",
            [current_worker_id(), stamp, stamp],
        )
        if not taken.rowcount:
            return None
        mine = JobModel.filter(status="processing", worker_id=current_worker_id())
        return await mine.filter(started_at=stamp).order_by("-id").first()


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    emails = list(dict.fromkeys(customer_emails))
    async with transaction():
        for n in range(0, len(emails), 7_500):
            await execute_sql(
                "INSERT INTO jobs (campaign_id, customer_email) "
                "SELECT ?, email.value FROM json_each(?) AS email",
                [campaign_id, json.dumps(emails[n : n + 7_500])],
            )
    return len(emails)


async def send_email_step(job: Job) -> bool:
    if not await still_ours(job):
        row = await JobModel.get(id=job.id)
        return row.current_step != "send_email"
    if job.current_step != "send_email":
        return True

    key = helpers.generate_idempotency_key(job.id, "send_email")
    waits = [uniform(0.5, 1), uniform(1, 2), uniform(2, 4), uniform(4, 8)]
    error = None
    for wait in [*waits, None]:
        try:
            await send_email(job.customer_email, "Our new catalogue is out.", key)
            return True
        except InvalidEmailError as invalid:
            await JobModel.filter(
                id=job.id, current_step="send_email", status__in=["pending", "processing"]
            ).update(status="failed", error_message=str(invalid), completed_at=now())
            return False
        except RateLimitError as limited:
            error = limited
            pause = max(limited.retry_after, wait or 0)
        except (TimeoutError, SendGridError) as unclear:
            error = unclear
            pause = wait or 0
        if wait is not None:
            await helpers.sleep(pause)
            if not await still_ours(job):
                return False
    await try_later(job, error)
    return False


async def try_later(job: Job, error: Exception | None) -> None:
    await claim_of(job).update(
        status="pending",
        retry_count=job.retry_count + 1,
        error_message=f"{type(error).__name__}: {error}",
        scheduled_for=now() + timedelta(seconds=30),
    )


async def process_job(job: Job) -> None:
    if job.current_step not in NEXT or not await still_ours(job):
        return
    try:
        if job.current_step == "send_email":
            if not await send_email_step(job):
                return
        else:
            reply = await fetch_reply(job.customer_email)
            sentiment = await analyze_sentiment(reply) if reply else None
            helpers.route(sentiment)
    except SentimentAPIError as error:
        await try_later(job, error)
        return

    step = NEXT[job.current_step]
    if step == "done":
        await claim_of(job).update(current_step=step, status="completed", completed_at=now())
        return
    due = now() + timedelta(hours=48) if step == "analyze" else None
    await claim_of(job).update(current_step=step, status="pending", scheduled_for=due)
