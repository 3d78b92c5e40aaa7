"""Completes the job at once when there is no reply: the step take_action is skipped.

Mistake in: process_job
Must fail: D1
"""

import logging

from candidate.helpers import route
from infra import Job, JobStatus, JobStepName, analyze_sentiment, fetch_reply
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

logger = logging.getLogger(__name__)


async def process_job(job: Job) -> None:
    claimed = Job.filter(
        id=job.id,
        status=JobStatus.PROCESSING,
        current_step=job.current_step,
        worker_id=job.worker_id,
    )
    if job.current_step == JobStepName.SEND_EMAIL:
        if await send_email_step(job):
            await claimed.update(status=JobStatus.PENDING, current_step=JobStepName.ANALYZE)
    elif job.current_step == JobStepName.ANALYZE:
        reply = await fetch_reply(job.customer_email)
        if reply is None:
            await claimed.update(status=JobStatus.COMPLETED, current_step=JobStepName.DONE)
            return
        await analyze_sentiment(reply)
        await claimed.update(status=JobStatus.PENDING, current_step=JobStepName.TAKE_ACTION)
    elif job.current_step == JobStepName.TAKE_ACTION:
        sentiment = await analyze_sentiment(await fetch_reply(job.customer_email))
        logger.info("job %s: %s", job.id, route(sentiment))
        await claimed.update(status=JobStatus.COMPLETED, current_step=JobStepName.DONE)
