"""Gives up a job of more than a day at its first error.

Mistake in: send_email_step
Must fail: C3
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
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

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
        if now() - row.created_at > timedelta(hours=24):
            await JobModel.filter(id=job.id, current_step="send_email", status="processing").update(
                status="failed", error_message="expired"
            )
            return False
        wait = getattr(error, "retry_after", None) or min(2**row.retry_count, 300)
        await execute_sql(
            "UPDATE jobs SET status = 'pending', retry_count = retry_count + 1, scheduled_for = ?, "
            "worker_id = NULL, error_message = ? "
            "WHERE id = ? AND current_step = 'send_email' AND status = 'processing'",
            (now() + timedelta(seconds=wait), str(error), job.id),
        )
        return False
    return True
