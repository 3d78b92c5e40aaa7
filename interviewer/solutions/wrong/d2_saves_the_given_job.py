"""Trusts the status of the Job given and saves it: a stale copy writes an old step over a new one.

Mistake in: process_job
Must fail: D2
Also fails: D5
"""

import logging

from candidate.helpers import get_next_step, route
from infra import Job, JobStatus, JobStepName, analyze_sentiment, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

logger = logging.getLogger(__name__)


async def process_job(job: Job) -> None:
    if job.status in {JobStatus.COMPLETED, JobStatus.FAILED}:
        return
    if not await run(job):
        return
    job.current_step = get_next_step(job.current_step)
    job.status = JobStatus.PENDING
    if job.current_step == JobStepName.DONE:
        job.status = JobStatus.COMPLETED
        job.completed_at = now()
    await job.save()


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
