"""Fails a job after five errors of any kind: an invalid address is tried five times.

Mistake in: send_email_step
Must fail: C2
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key
from infra import Job, JobStatus, JobStepName, SendGridError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."
MAX_RETRIES = 5


async def send_email_step(job: Job) -> bool:
    key = generate_idempotency_key(job.id, JobStepName.SEND_EMAIL)
    try:
        await send_email(job.customer_email, BODY, key)
    except SendGridError as error:
        retries = job.retry_count + 1
        give_up = retries >= MAX_RETRIES
        await mine(job).update(
            status=JobStatus.FAILED if give_up else JobStatus.PENDING,
            retry_count=retries,
            scheduled_for=now() + timedelta(seconds=10 * retries),
            error_message=f"{type(error).__name__}: {error}",
        )
        return False
    return True


def mine(job: Job):
    """The row, as long as this worker still has it for the email."""
    return Job.filter(
        id=job.id,
        status=JobStatus.PROCESSING,
        current_step=JobStepName.SEND_EMAIL,
        worker_id=job.worker_id,
    )
