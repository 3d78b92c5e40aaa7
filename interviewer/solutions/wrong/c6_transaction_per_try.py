"""Opens a transaction for each try, so that try and retry_count change together.

Mistake in: send_email_step
Must fail: C6
"""

from candidate.helpers import generate_idempotency_key, sleep
from infra import (
    InvalidEmailError,
    Job,
    JobStatus,
    JobStepName,
    SendGridError,
    send_email,
    transaction,
)
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."
WAITS = (1, 4, 0)


async def send_email_step(job: Job) -> bool:
    for wait_seconds in WAITS:
        async with transaction():
            if await try_once(job):
                return True
        row = await Job.get(id=job.id)
        if row.status != JobStatus.PROCESSING:
            return False
        await sleep(wait_seconds)
    await mine(job).update(status=JobStatus.PENDING, worker_id=None)
    return False


async def try_once(job: Job) -> bool:
    try:
        await send_email(
            job.customer_email, BODY, generate_idempotency_key(job.id, JobStepName.SEND_EMAIL)
        )
        return True
    except InvalidEmailError as error:
        await fail(job, error)
    except SendGridError as error:
        row = await Job.get(id=job.id)
        await mine(job).update(retry_count=row.retry_count + 1, error_message=str(error))
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
