"""Returns nothing at all, so never True: every email goes out and counts as not sent.

Mistake in: send_email_step
Must fail: C1
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, JobStatus, JobStepName, SendGridError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."


async def send_email_step(job: Job) -> bool:
    key = generate_idempotency_key(job.id, JobStepName.SEND_EMAIL)
    try:
        await send_email(job.customer_email, BODY, key)
    except InvalidEmailError as error:
        await fail(job, error)
    except SendGridError as error:
        await put_back(job, error)


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
