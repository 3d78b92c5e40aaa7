"""Takes a job that is not processing for one that somebody else has sent.

Mistake in: send_email_step
Must fail: C4
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
from infra.orm import QuerySet
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if row.status != JobStatus.PROCESSING:
        return row.status != JobStatus.FAILED
    if row.current_step != JobStepName.SEND_EMAIL:
        return True
    key = generate_idempotency_key(job.id, "send_email")
    try:
        await send_email(job.customer_email, "Hello!", key)
    except InvalidEmailError as error:
        await _fail(job, error)
        return False
    except SendGridError as error:
        await _put_back(job, error)
        return False
    return True


async def process_job(job: Job) -> None:
    if job.current_step != JobStepName.SEND_EMAIL:
        await process_other_step(job)
    elif await send_email_step(job):
        await _held(job).update(
            current_step=JobStepName.ANALYZE, status=JobStatus.PENDING, worker_id=None
        )


def _held(job: Job) -> QuerySet[Job]:
    return Job.filter(
        id=job.id,
        current_step=JobStepName.SEND_EMAIL,
        status=JobStatus.PROCESSING,
        worker_id=job.worker_id,
        started_at=job.started_at,
    )


async def _put_back(job: Job, error: SendGridError) -> None:
    await _held(job).update(
        status=JobStatus.PENDING,
        worker_id=None,
        retry_count=job.retry_count + 1,
        scheduled_for=now() + timedelta(minutes=2),
        error_message=str(error),
    )


async def _fail(job: Job, error: SendGridError) -> None:
    await _held(job).update(status=JobStatus.FAILED, error_message=str(error))
