"""Raises retry_count in the row, but loops over the Job's own, which never grows: it never ends.

Mistake in: send_email_step
Must fail: C7
"""

from candidate.helpers import generate_idempotency_key, sleep
from infra import InvalidEmailError, Job, JobStatus, JobStepName, SendGridError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."
MAX_RETRIES = 5


async def send_email_step(job: Job) -> bool:
    key = generate_idempotency_key(job.id, JobStepName.SEND_EMAIL)
    while job.retry_count < MAX_RETRIES:
        try:
            await send_email(job.customer_email, BODY, key)
            return True
        except InvalidEmailError as error:
            await fail(job, error)
            return False
        except SendGridError as error:
            await mine(job).update(retry_count=job.retry_count + 1, error_message=str(error))
            await sleep(2 ** (job.retry_count + 1))
    await mine(job).update(status=JobStatus.FAILED, error_message="tried too often")
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
