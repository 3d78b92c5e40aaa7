"""Keeps one key for the tries of a call, but each call makes its own: a redelivery mails again.

Mistake in: send_email_step
Must fail: C5
Also fails: C4
"""

from datetime import timedelta
from uuid import uuid4

from candidate.helpers import sleep
from infra import InvalidEmailError, Job, JobStatus, JobStepName, SendGridError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."
TRIES = 2


async def send_email_step(job: Job) -> bool:
    key = f"email-{uuid4()}"
    for attempt in range(1, TRIES + 1):
        try:
            await send_email(job.customer_email, BODY, key)
            return True
        except InvalidEmailError as error:
            await fail(job, error)
            return False
        except SendGridError as error:
            if attempt == TRIES:
                await put_back(job, error)
            else:
                await sleep(2)
    return False


def mine(job: Job):
    """The row, as long as this worker still has it for the email."""
    return Job.filter(
        id=job.id,
        status=JobStatus.PROCESSING,
        current_step=JobStepName.SEND_EMAIL,
        worker_id=job.worker_id,
    )


async def fail(job: Job, error: Exception) -> None:
    await mine(job).update(status=JobStatus.FAILED, error_message=str(error))


async def put_back(job: Job, error: Exception) -> None:
    await mine(job).update(
        status=JobStatus.PENDING,
        worker_id=None,
        retry_count=job.retry_count + 1,
        scheduled_for=now() + timedelta(seconds=30 * 2**job.retry_count),
        error_message=str(error),
    )
