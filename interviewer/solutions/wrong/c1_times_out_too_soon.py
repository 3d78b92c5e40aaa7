"""Waits a tenth of a second for SendGrid, which takes two: every try is cut short.

Mistake in: send_email_step
Must fail: C1
"""

import asyncio
from datetime import timedelta

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, SendGridError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def send_email_step(job: Job) -> bool:
    key = generate_idempotency_key(job.id, "send_email")
    try:
        await asyncio.wait_for(send_email(job.customer_email, "Hello!", key), timeout=0.1)
    except InvalidEmailError as error:
        await _fail(job, error)
        return False
    except (TimeoutError, SendGridError) as error:
        await _put_back(job, error)
        return False
    return True


async def _fail(job: Job, error: Exception) -> None:
    await _claimed(job).update(status="failed", error_message=str(error))


async def _put_back(job: Job, error: Exception) -> None:
    await _claimed(job).update(
        status="pending",
        worker_id=None,
        retry_count=job.retry_count + 1,
        scheduled_for=now() + timedelta(minutes=1),
        error_message=str(error),
    )


def _claimed(job: Job):
    """The row, as long as this worker still has it for the email."""
    return Job.filter(
        id=job.id, status="processing", current_step="send_email", worker_id=job.worker_id
    )
