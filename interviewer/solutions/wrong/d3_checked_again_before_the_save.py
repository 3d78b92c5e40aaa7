"""Checks again before it saves, but as two operations: in between another worker goes further.

Mistake in: process_job
Must fail: D3
"""

import logging

from candidate.helpers import get_next_step, route
from infra import Job, JobStatus, JobStepName, analyze_sentiment, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

logger = logging.getLogger(__name__)


async def process_job(job: Job) -> None:
    if not await is_current(job) or not await run(job):
        return
    if await is_current(job):
        next_step = get_next_step(job.current_step)
        done = next_step == JobStepName.DONE
        await Job.filter(id=job.id).update(
            current_step=next_step,
            status=JobStatus.COMPLETED if done else JobStatus.PENDING,
            completed_at=now() if done else None,
        )


async def is_current(job: Job) -> bool:
    row = await Job.get(id=job.id)
    return row.status == JobStatus.PROCESSING and row.current_step == job.current_step


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
