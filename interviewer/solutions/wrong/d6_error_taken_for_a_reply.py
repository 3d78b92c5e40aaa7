"""Asks for the sentiment of whatever came: also of an error, in place of a reply.

Mistake in: process_job
Must fail: D6
"""

import asyncio

from candidate.helpers import get_next_step
from infra import Job, JobStatus, JobStepName, analyze_sentiment, fetch_reply
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    if job.current_step != JobStepName.ANALYZE:
        await process_other_step(job)
        return
    (reply,) = await asyncio.gather(fetch_reply(job.customer_email), return_exceptions=True)
    if reply is not None:
        await analyze_sentiment(str(reply))
    await Job.filter(
        id=job.id,
        status=JobStatus.PROCESSING,
        current_step=JobStepName.ANALYZE,
        worker_id=job.worker_id,
    ).update(status=JobStatus.PENDING, current_step=get_next_step(job.current_step))
