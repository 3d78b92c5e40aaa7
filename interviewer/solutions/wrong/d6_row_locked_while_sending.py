"""Holds the row by FOR UPDATE until the email is out: a slow SendGrid keeps the database locked.

Mistake in: process_job
Must fail: D6
"""

import logging

from candidate.helpers import get_next_step, route
from infra import (
    Job,
    JobStatus,
    JobStepName,
    analyze_sentiment,
    execute_sql,
    fetch_reply,
    now,
    transaction,
)
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

logger = logging.getLogger(__name__)


async def process_job(job: Job) -> None:
    if job.current_step == JobStepName.SEND_EMAIL:
        async with transaction():
            rows = await execute_sql(
                "SELECT * FROM jobs WHERE id = ? AND current_step = ? FOR UPDATE SKIP LOCKED",
                [job.id, job.current_step],
                Job,
            )
            if not rows or rows[0].status != JobStatus.PROCESSING:
                return
            if await send_email_step(job):
                await advance(job)
    elif await run(job):
        await advance(job)


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
