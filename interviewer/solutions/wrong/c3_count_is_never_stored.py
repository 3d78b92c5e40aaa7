"""Raises retry_count on the object and updates only the status: the count is lost at each claim.

Mistake in: send_email_step
Must fail: C3
Also fails: C4
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, JobStatus, JobStepName, SendGridError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."
MAX_RETRIES = 5


async def send_email_step(job: Job) -> bool:
    key = generate_idempotency_key(job.id, JobStepName.SEND_EMAIL)
    try:
        await send_email(job.customer_email, BODY, key)
        return True
    except InvalidEmailError as error:
        await fail(job, error)
    except SendGridError as error:
        job.retry_count += 1
        if job.retry_count >= MAX_RETRIES:
            await fail(job, error)
        else:
            delay = timedelta(seconds=5 * job.retry_count)
            await mine(job).update(
                status=JobStatus.PENDING, scheduled_for=now() + delay, error_message=str(error)
            )
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
