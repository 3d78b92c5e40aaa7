"""Guards the job by an asyncio.Lock, which other processes know nothing of: two skip a step.

Mistake in: process_job
Must fail: D3
"""

import asyncio
import logging
from collections import defaultdict

from candidate.helpers import get_next_step, route
from infra import Job, JobStatus, JobStepName, analyze_sentiment, fetch_reply
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

logger = logging.getLogger(__name__)

_locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)


async def process_job(job: Job) -> None:
    async with _locks[job.id]:
        row = await Job.get(id=job.id)
        if row.status != JobStatus.PROCESSING or row.current_step != job.current_step:
            return
        if await run(job):
            await advance(job)


async def advance(job: Job) -> None:
    await job.refresh()
    next_step = get_next_step(job.current_step)
    if next_step is None:
        return
    job.current_step = next_step
    job.status = JobStatus.COMPLETED if next_step == JobStepName.DONE else JobStatus.PENDING
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
