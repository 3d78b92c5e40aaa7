"""Still sends to the address of the developer's own tests: no customer gets an email.

Mistake in: send_email_step
Must fail: C1
Also fails: C2, C3, C4
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key, sleep
from infra import InvalidEmailError, Job, JobStatus, JobStepName, SendGridError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

SUBJECT = "Something new for you"
RECIPIENT = "me.testing@acme.example"  # so that I do not mail real people while I try this
TRIES = 4


async def send_email_step(job: Job) -> bool:
    key = generate_idempotency_key(job.id, JobStepName.SEND_EMAIL)
    tries = 0
    while tries < TRIES:
        tries += 1
        try:
            await send_email(RECIPIENT, f"{SUBJECT}, {job.customer_email}!", key)
        except InvalidEmailError as error:
            await fail(job, error)
            return False
        except SendGridError as error:
            last_error = error
            await sleep(1.5**tries)
        else:
            return True
    await put_back(job, last_error)
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
