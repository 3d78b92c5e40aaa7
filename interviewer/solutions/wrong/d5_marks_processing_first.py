"""Marks the row as processing at the start, without a condition: that revives a finished job.

Mistake in: process_job
Must fail: D5
"""

import logging

from candidate.helpers import get_next_step, route
from infra import (
    Job,
    JobStatus,
    JobStepName,
    analyze_sentiment,
    current_worker_id,
    fetch_reply,
    now,
)
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

logger = logging.getLogger(__name__)


async def process_job(job: Job) -> None:
    await Job.filter(id=job.id).update(
        status=JobStatus.PROCESSING, worker_id=current_worker_id(), started_at=now()
    )
    row = await Job.get(id=job.id)
    if row.current_step == job.current_step and await run(row):
        await advance(row)


async def advance(job: Job) -> None:
    next_step = get_next_step(job.current_step)
    if next_step is None:
        return
    done = next_step == JobStepName.DONE
    await Job.filter(id=job.id, status=JobStatus.PROCESSING, current_step=job.current_step).update(
        current_step=next_step,
        status=JobStatus.COMPLETED if done else JobStatus.PENDING,
        completed_at=now() if done else None,
    )


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
