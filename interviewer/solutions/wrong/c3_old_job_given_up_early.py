"""Gives up by the age of the job: one of over thirty days is failed by its first error.

Mistake in: send_email_step
Must fail: C3
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, SendGridError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."
AGE_MAX = timedelta(days=30)


async def send_email_step(job: Job) -> bool:
    """One try; after an error the job is for a later claim, or given up."""
    row = await Job.get(id=job.id)
    if row.current_step != "send_email":
        return True
    if row.status == "failed":
        return False
    try:
        await send_email(row.customer_email, BODY, generate_idempotency_key(job.id, "send_email"))
    except InvalidEmailError as error:
        await _claimed(job).update(status="failed", error_message=str(error))
        return False
    except SendGridError as error:
        if now() - row.created_at > AGE_MAX:
            await _claimed(job).update(status="failed", error_message=f"given up: {error}")
        else:
            await _put_back(job, retry_count=row.retry_count + 1)
        return False
    return True


async def _put_back(job: Job, *, retry_count: int) -> None:
    await _claimed(job).update(
        status="pending",
        worker_id=None,
        retry_count=retry_count,
        scheduled_for=now() + timedelta(minutes=1),
    )


def _claimed(job: Job):
    """The row, as long as this worker still has it for the email."""
    return Job.filter(
        id=job.id, status="processing", current_step="send_email", worker_id=job.worker_id
    )
