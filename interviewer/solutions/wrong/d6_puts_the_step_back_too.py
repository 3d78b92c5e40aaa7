"""Puts the job back with its step, guarded by processing alone: others may be a step on.

Mistake in: send_email_step
Must fail: D6
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key
from infra import (
    InvalidEmailError,
    Job,
    JobModel,
    RateLimitError,
    TimeoutError,
    execute_sql,
    now,
    send_email,
)
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def send_email_step(job: Job) -> bool:
    row = await JobModel.get(id=job.id)
    if row.current_step != "send_email":
        return True
    if row.status == "failed":
        return False
    key = generate_idempotency_key(job.id, "send_email")
    try:
        await send_email(row.customer_email, "Hello!", key)
    except InvalidEmailError as error:
        await JobModel.filter(
            id=job.id, current_step="send_email", status__in=["pending", "processing"]
        ).update(status="failed", error_message=f"invalid address: {error}")
        return False
    except (RateLimitError, TimeoutError) as error:
        wait = getattr(error, "retry_after", None) or min(2**row.retry_count, 300)
        await execute_sql(
            "UPDATE jobs SET status = 'pending', current_step = 'send_email', worker_id = NULL, "
            "retry_count = retry_count + 1, scheduled_for = ?, error_message = ? "
            "WHERE id = ? AND status = 'processing'",
            (now() + timedelta(seconds=wait), str(error), job.id),
        )
        return False
    return True


async def process_job(job: Job) -> None:
    if job.current_step != "send_email":
        await process_other_step(job)
    elif await send_email_step(job):
        await Job.filter(
            id=job.id, current_step="send_email", status__in=["pending", "processing"]
        ).update(
            current_step="analyze",
            status="pending",
            worker_id=None,
            retry_count=0,
            scheduled_for=now() + timedelta(hours=48),
        )
