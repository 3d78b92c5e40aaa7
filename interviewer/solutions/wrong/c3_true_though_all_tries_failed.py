"""Returns True after the loop of tries, also when each of them failed: the email is lost.

Mistake in: send_email_step
Must fail: C3
Also fails: C4, C7
"""

from candidate.helpers import generate_idempotency_key, sleep
from infra import InvalidEmailError, Job, JobStatus, JobStepName, SendGridError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."


async def send_email_step(job: Job) -> bool:
    key = generate_idempotency_key(job.id, JobStepName.SEND_EMAIL)
    for wait_seconds in (1, 3):
        try:
            await send_email(job.customer_email, BODY, key)
            break
        except InvalidEmailError as error:
            await fail(job, error)
            return False
        except SendGridError:
            await sleep(wait_seconds)
    return True


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
