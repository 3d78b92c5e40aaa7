"""Lets SQL move the row from whatever step it is at: the same call twice moves it two steps.

Mistake in: process_job
Must fail: D2
Also fails: D3
"""

import logging

from candidate.helpers import route
from infra import Job, JobStepName, analyze_sentiment, execute_sql, fetch_reply
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

logger = logging.getLogger(__name__)

ADVANCE = """
    UPDATE jobs
    SET status = CASE current_step WHEN 'take_action' THEN 'completed' ELSE 'pending' END,
        completed_at = CASE current_step WHEN 'take_action' THEN CURRENT_TIMESTAMP END,
        current_step = CASE current_step
            WHEN 'send_email' THEN 'analyze'
            WHEN 'analyze' THEN 'take_action'
            ELSE 'done'
        END
    WHERE id = ? AND status NOT IN ('completed', 'failed')
"""


async def process_job(job: Job) -> None:
    if await run(job):
        await execute_sql(ADVANCE, [job.id])


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
