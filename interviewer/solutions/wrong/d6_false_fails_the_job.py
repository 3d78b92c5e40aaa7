"""Fails the job when send_email_step returns False, though that one had put it back for a retry.

Mistake in: process_job
Must fail: D6
Also fails: D7
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
    if job.current_step == JobStepName.DONE:
        return
    if await run(job):
        await advance(job)
        return
    row = await Job.get(id=job.id)
    if row.current_step == job.current_step and row.status != JobStatus.FAILED:
        await Job.filter(id=job.id, current_step=job.current_step).update(
            status=JobStatus.FAILED, error_message="the email could not be sent"
        )


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


async def run(job: Job) -> bool:
    """Do the work of the step; tell whether it is done."""
    if job.current_step == JobStepName.DONE:
        return False
    if job.current_step == JobStepName.SEND_EMAIL:
        return await send_email_step(job)
    sentiment = await sentiment_of(job)
    if job.current_step == JobStepName.TAKE_ACTION:
        logger.info("job %s: %s", job.id, route(sentiment))
    return True


async def sentiment_of(job: Job):
    reply = await fetch_reply(job.customer_email)
    return await analyze_sentiment(reply) if reply else None


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if row.current_step != JobStepName.SEND_EMAIL or row.status == JobStatus.COMPLETED:
        return True
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
