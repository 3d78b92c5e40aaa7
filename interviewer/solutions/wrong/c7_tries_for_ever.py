"""Waits and tries again until it works: when SendGrid is down for good, the worker never returns.

Mistake in: send_email_step
Must fail: C7
"""

import asyncio
import logging

from candidate.helpers import generate_idempotency_key, get_next_step, route
from infra import (
    InvalidEmailError,
    Job,
    JobStatus,
    JobStepName,
    SendGridError,
    analyze_sentiment,
    fetch_reply,
    send_email,
)
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

logger = logging.getLogger(__name__)

BODY = "Hello! Would you like to hear what is new? Just reply."
MAX_WAIT_SECONDS = 60


async def send_email_step(job: Job) -> bool:
    key = generate_idempotency_key(job.id, JobStepName.SEND_EMAIL)
    wait_seconds = 1
    while True:
        try:
            await send_email(job.customer_email, BODY, key)
            return True
        except InvalidEmailError as error:
            await fail(job, error)
            return False
        except SendGridError as error:
            logger.warning("job %s: %s", job.id, error)
            await asyncio.sleep(wait_seconds)
            wait_seconds = min(2 * wait_seconds, MAX_WAIT_SECONDS)


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


async def process_job(job: Job) -> None:
    row = await Job.get(id=job.id)
    if row.status != JobStatus.PROCESSING or row.current_step != job.current_step:
        return

    if job.current_step == JobStepName.SEND_EMAIL:
        if await send_email_step(job):
            await advance(job)
    elif job.current_step == JobStepName.ANALYZE:
        await sentiment_of(job)
        await advance(job)
    elif job.current_step == JobStepName.TAKE_ACTION:
        logger.info("job %s: %s", job.id, route(await sentiment_of(job)))
        await advance(job)


async def sentiment_of(job: Job):
    reply = await fetch_reply(job.customer_email)
    return await analyze_sentiment(reply) if reply else None


async def advance(job: Job) -> None:
    next_step = get_next_step(job.current_step)
    done = next_step == JobStepName.DONE
    await Job.filter(
        id=job.id,
        status=JobStatus.PROCESSING,
        current_step=job.current_step,
        worker_id=job.worker_id,
    ).update(
        current_step=next_step,
        status=JobStatus.COMPLETED if done else JobStatus.PENDING,
        worker_id=None,
    )
