"""Selects FOR UPDATE without a transaction, so the lock is gone at once: a late save moves back.

Mistake in: process_job
Must fail: D3
"""

import logging

from candidate.helpers import get_next_step, route
from infra import Job, JobStatus, JobStepName, analyze_sentiment, execute_sql, fetch_reply
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

logger = logging.getLogger(__name__)


async def process_job(job: Job) -> None:
    rows = await execute_sql("SELECT * FROM jobs WHERE id = ? FOR UPDATE", [job.id], Job)
    row = rows[0]
    if row.status != JobStatus.PROCESSING or row.current_step != job.current_step:
        return

    if await run(job):
        next_step = get_next_step(row.current_step)
        row.current_step = next_step
        row.status = JobStatus.COMPLETED if next_step == JobStepName.DONE else JobStatus.PENDING
        row.worker_id = None
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
