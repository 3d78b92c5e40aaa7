"""Puts back whatever is processing, and writes the step that it was at.

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
)
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if row.current_step != JobStepName.SEND_EMAIL:
        return True
    if row.status != JobStatus.PROCESSING or row.worker_id != job.worker_id:
        return False
    key = generate_idempotency_key(job.id, "send_email")
    try:
        await send_email(job.customer_email, "Hello!", key)
    except SendGridError as error:
        await _note(row, error)
        return False
    return True


async def process_job(job: Job) -> None:
    if job.current_step != JobStepName.SEND_EMAIL:
        await process_other_step(job)
    elif await send_email_step(job):
        await Job.filter(
            id=job.id,
            current_step=JobStepName.SEND_EMAIL,
            status=JobStatus.PROCESSING,
            worker_id=job.worker_id,
        ).update(current_step=JobStepName.ANALYZE, status=JobStatus.PENDING, worker_id=None)


async def _note(row: Job, error: SendGridError) -> None:
    if isinstance(error, InvalidEmailError):
        await Job.filter(id=row.id, status=JobStatus.PROCESSING, worker_id=row.worker_id).update(
            status=JobStatus.FAILED, error_message=str(error)
        )
        return
    await Job.filter(id=row.id, status=JobStatus.PROCESSING).update(
        status=JobStatus.PENDING,
        current_step=JobStepName.SEND_EMAIL,
        worker_id=None,
        retry_count=row.retry_count + 1,
        scheduled_for=now() + timedelta(seconds=30),
        error_message=str(error),
    )
