"""Moves the job on before it does the step: a worker that dies in between never sends the email.

Mistake in: process_job
Must fail: D4
Also fails: D6, D7
"""

import logging
from datetime import timedelta

from candidate.helpers import generate_idempotency_key, get_next_step, route
from infra import (
    InvalidEmailError,
    Job,
    JobStatus,
    JobStepName,
    SendGridError,
    analyze_sentiment,
    fetch_reply,
    now,
    send_email,
)
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

logger = logging.getLogger(__name__)


async def process_job(job: Job) -> None:
    # First, so that no other worker does the same step.
    if job.current_step == JobStepName.DONE or not await advance(job):
        return
    if job.current_step == JobStepName.SEND_EMAIL:
        await send_email_step(job)
    elif job.current_step == JobStepName.ANALYZE:
        await sentiment_of(job)
    elif job.current_step == JobStepName.TAKE_ACTION:
        logger.info("job %s: %s", job.id, route(await sentiment_of(job)))


async def advance(job: Job) -> bool:
    """Move on to the next step, unless somebody else has."""
    next_step = get_next_step(job.current_step)
    done = next_step == JobStepName.DONE
    moved = await Job.filter(
        id=job.id,
        status=JobStatus.PROCESSING,
        current_step=job.current_step,
        worker_id=job.worker_id,
    ).update(
        current_step=next_step,
        status=JobStatus.COMPLETED if done else JobStatus.PENDING,
        completed_at=now() if done else None,
        worker_id=None,
    )
    return moved == 1


async def sentiment_of(job: Job):
    reply = await fetch_reply(job.customer_email)
    return await analyze_sentiment(reply) if reply else None


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if row.status == JobStatus.FAILED:
        return False

    key = generate_idempotency_key(job.id, JobStepName.SEND_EMAIL)
    mine = Job.filter(id=job.id, status=JobStatus.PROCESSING, worker_id=job.worker_id)
    try:
        await send_email(job.customer_email, "Hello! Is this of interest to you?", key)
    except InvalidEmailError as error:
        await mine.update(status=JobStatus.FAILED, error_message=str(error))
        return False
    except SendGridError as error:
        await mine.update(
            status=JobStatus.PENDING,
            retry_count=job.retry_count + 1,
            scheduled_for=now() + timedelta(seconds=15 * 2**job.retry_count),
            error_message=str(error),
        )
        return False
    return True
