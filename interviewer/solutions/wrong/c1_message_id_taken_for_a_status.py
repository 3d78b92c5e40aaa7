"""Takes the message id for an HTTP status: the email is out, but False is returned each time.

Mistake in: send_email_step
Must fail: C1
Also fails: D1
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

BODY = "Hello! Would you like to hear what is new? Just reply."
ACCEPTED = 202


async def send_email_step(job: Job) -> bool:
    key = generate_idempotency_key(job.id, JobStepName.SEND_EMAIL)
    try:
        response = await send_email(job.customer_email, BODY, key)
    except InvalidEmailError as error:
        await fail(job, error)
        return False
    except SendGridError as error:
        await put_back(job, error)
        return False
    return response == ACCEPTED


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
