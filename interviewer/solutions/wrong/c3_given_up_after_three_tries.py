"""Fails the job for good after three tries within seconds: a short burst of rate limits kills it.

Mistake in: send_email_step
Must fail: C3
Also fails: C4
"""

from candidate.helpers import generate_idempotency_key, sleep
from infra import InvalidEmailError, Job, JobStatus, JobStepName, SendGridError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."
MAX_TRIES = 3


async def send_email_step(job: Job) -> bool:
    key = generate_idempotency_key(job.id, JobStepName.SEND_EMAIL)
    for attempt in range(1, MAX_TRIES + 1):
        try:
            await send_email(job.customer_email, BODY, key)
            return True
        except InvalidEmailError as error:
            await fail(job, error)
            return False
        except SendGridError as error:
            if attempt == MAX_TRIES:
                await fail(job, error)
                return False
            await sleep(2**attempt)
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
