"""Remembers in a set of its own process what it has done: another worker does not know, and skips.

Mistake in: process_job
Must fail: D3
"""

import logging

from candidate.helpers import get_next_step, route
from infra import Job, JobStatus, JobStepName, analyze_sentiment, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

logger = logging.getLogger(__name__)

_processed: set[tuple[int, str]] = set()


async def process_job(job: Job) -> None:
    if (job.id, job.current_step) in _processed:
        return
    step = job.current_step
    if not await run(job):
        return
    _processed.add((job.id, step))

    row = await Job.get(id=job.id)
    if row.status in {JobStatus.COMPLETED, JobStatus.FAILED}:
        return
    row.current_step = get_next_step(row.current_step)
    row.status = JobStatus.PENDING
    if row.current_step == JobStepName.DONE:
        row.status = JobStatus.COMPLETED
        row.completed_at = now()
    await row.save()


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
