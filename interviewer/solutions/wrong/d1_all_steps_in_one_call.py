"""Runs all steps in a loop within one call: the customer has no time to reply.

Mistake in: process_job
Must fail: D1
"""

import logging

from candidate.helpers import get_next_step, route
from infra import Job, JobStatus, JobStepName, analyze_sentiment, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

logger = logging.getLogger(__name__)


async def process_job(job: Job) -> None:
    row = await Job.get(id=job.id)
    if row.status != JobStatus.PROCESSING or row.current_step != job.current_step:
        return

    step = job.current_step
    while step != JobStepName.DONE:
        if step == JobStepName.SEND_EMAIL:
            if not await send_email_step(job):
                return
        elif step == JobStepName.ANALYZE:
            await sentiment_of(job)
        else:
            logger.info("job %s: %s", job.id, route(await sentiment_of(job)))
        step = get_next_step(step)

    await Job.filter(
        id=job.id,
        status=JobStatus.PROCESSING,
        current_step=job.current_step,
        worker_id=job.worker_id,
    ).update(status=JobStatus.COMPLETED, current_step=step, completed_at=now())


async def sentiment_of(job: Job):
    reply = await fetch_reply(job.customer_email)
    return await analyze_sentiment(reply) if reply else None
