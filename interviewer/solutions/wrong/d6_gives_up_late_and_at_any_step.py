"""The twentieth failed claim fails what is processing, be it somebody else's, at a later step.

Mistake in: send_email_step
Must fail: D6
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key
from infra import (
    InvalidEmailError,
    Job,
    JobStatus,
    JobStepName,
    SendGridError,
    now,
    send_email,
    transaction,
)
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CLAIMS_MAX = 20


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if row.current_step != JobStepName.SEND_EMAIL or row.status != JobStatus.PROCESSING:
        return row.current_step != JobStepName.SEND_EMAIL
    try:
        await send_email(
            job.customer_email, "Hello!", generate_idempotency_key(job.id, "send_email")
        )
    except SendGridError as error:
        await _note(job.id, error)
        return False
    return True


async def process_job(job: Job) -> None:
    if job.current_step != JobStepName.SEND_EMAIL:
        await process_other_step(job)
    elif await send_email_step(job):
        await Job.filter(
            id=job.id, current_step=JobStepName.SEND_EMAIL, status=JobStatus.PROCESSING
        ).update(current_step=JobStepName.ANALYZE, status=JobStatus.PENDING, worker_id=None)


async def _note(job_id: int, error: SendGridError) -> None:
    async with transaction():
        job = await Job.get(id=job_id)
        if job.status != JobStatus.PROCESSING:
            return
        job.error_message = str(error)
        if isinstance(error, InvalidEmailError) or job.retry_count + 1 >= CLAIMS_MAX:
            job.status = JobStatus.FAILED
        elif job.current_step == JobStepName.SEND_EMAIL:
            job.retry_count += 1
            job.status = JobStatus.PENDING
            job.worker_id = None
            job.scheduled_for = now() + timedelta(seconds=5 * job.retry_count)
        await job.save()
