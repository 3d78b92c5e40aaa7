"""Duplicate emails: every try has an idempotency key of its own, so no try knows of another.

Claims are as they should be, and so are errors. But a customer is mailed again whenever a mail
went out and nobody came to write it down: the worker died, SendGrid's answer came too late, or
the reaper took the job from a worker who was only slow.
"""

from datetime import timedelta

from candidate.helpers import get_next_step, sleep
from infra import (
    InvalidEmailError,
    Job,
    JobStatus,
    RateLimitError,
    SendGridError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)

TRIES = 3
REPLY_WAIT = timedelta(hours=48)


async def claim_next_job() -> Job | None:
    """Task A, with nothing to find."""
    async with transaction():
        due = await execute_sql(
            "SELECT * FROM jobs WHERE status = 'pending' "
            "AND (scheduled_for IS NULL OR scheduled_for <= ?) "
            "ORDER BY scheduled_for, id LIMIT 1 FOR UPDATE SKIP LOCKED",
            [now()],
            Job,
        )
        for job in due:
            job.status = JobStatus.PROCESSING
            job.worker_id = current_worker_id()
            job.started_at = now()
            await job.save()
            return job
    return None


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Task B, with nothing to find."""
    async with transaction():
        for start in range(0, len(customer_emails), 500):
            emails = customer_emails[start : start + 500]
            values = [value for email in emails for value in (campaign_id, email)]
            rows = ", ".join("(?, ?)" for _ in emails)
            await execute_sql(
                f"INSERT INTO jobs (campaign_id, customer_email) VALUES {rows}", values
            )
    return len(customer_emails)


async def send_email_step(job: Job) -> bool:
    """Task C: here it is. The key changes with each try."""
    for attempt in range(TRIES):
        key = f"{job.id}-{current_worker_id()}-{now().timestamp()}"
        try:
            await send_email(job.customer_email, "Hello! Would you like to hear more?", key)
            return True
        except InvalidEmailError as error:
            await _move(job, status=JobStatus.FAILED, error_message=str(error))
            return False
        except RateLimitError as error:
            await sleep(error.retry_after)
        except SendGridError:
            await sleep(2**attempt)
    await _move(job, status=JobStatus.PENDING, retry_count=job.retry_count + 1)
    return False


async def process_job(job: Job) -> None:
    """Task D, with nothing to find: only who claimed the job moves it."""
    if job.current_step == "send_email":
        if not await send_email_step(job):
            return
    elif job.current_step == "analyze":
        reply = await fetch_reply(job.customer_email)
        if reply:
            await analyze_sentiment(reply)
    await _advance(job)


async def _advance(job: Job) -> None:
    step = get_next_step(job.current_step)
    if step == "done":
        await _move(job, current_step=step, status=JobStatus.COMPLETED, completed_at=now())
    else:
        due = now() + REPLY_WAIT if step == "analyze" else None
        await _move(job, current_step=step, status=JobStatus.PENDING, scheduled_for=due)


async def _move(job: Job, **changes: object) -> None:
    mine = Job.filter(
        id=job.id,
        status=JobStatus.PROCESSING,
        worker_id=job.worker_id,
        current_step=job.current_step,
    )
    await mine.update(**changes)
