"""Pool stress: a job is processed inside a transaction, which is open while SendGrid is called.

So each worker keeps its connection for the whole call, and the write lock with it: a pool of 10
serves 10 workers, one at a time, and the others wait until their patience ends.
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key, get_next_step
from infra import (
    InvalidEmailError,
    Job,
    JobStatus,
    SendGridError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)

REPLY_WAIT = timedelta(hours=48)

CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id = (
        SELECT id
        FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY scheduled_for, id
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    """Task A, with nothing to find."""
    moment = now()
    claimed = await execute_sql(CLAIM, [current_worker_id(), moment, moment], Job)
    return claimed[0] if claimed else None


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
    """Task C: right by itself, but see who calls it."""
    try:
        key = generate_idempotency_key(job.id, job.current_step)
        await send_email(job.customer_email, "Hello! Would you like to hear more?", key)
        return True
    except InvalidEmailError as error:
        job.status, job.error_message = JobStatus.FAILED, str(error)
    except SendGridError:
        job.status, job.retry_count = JobStatus.PENDING, job.retry_count + 1
    await job.save()
    return False


async def process_job(job: Job) -> None:
    """Task D: here it is. The row is read, worked on and written in one transaction."""
    async with transaction():
        row = await Job.get(id=job.id)
        if row.status != JobStatus.PROCESSING or row.worker_id != job.worker_id:
            return
        if row.current_step == "send_email" and not await send_email_step(row):
            return
        if row.current_step == "analyze" and (reply := await fetch_reply(row.customer_email)):
            await analyze_sentiment(reply)
        step = get_next_step(row.current_step)
        row.current_step = step
        row.status = JobStatus.COMPLETED if step == "done" else JobStatus.PENDING
        row.scheduled_for = now() + REPLY_WAIT if step == "analyze" else None
        await row.save()
