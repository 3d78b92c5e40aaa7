"""Writes the address into the statement: one with an apostrophe in it ends the text.

Mistake in: process_job
Must fail: D1
"""

from candidate.helpers import get_next_step
from infra import Job, analyze_sentiment, execute_sql, fetch_reply
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    if job.current_step == "done":
        return
    if job.current_step == "send_email" and not await send_email_step(job):
        return
    if job.current_step == "analyze":
        reply = await fetch_reply(job.customer_email)
        if reply:
            await analyze_sentiment(reply)
    step = get_next_step(job.current_step)
    status = "completed" if step == "done" else "pending"
    await execute_sql(
        f"UPDATE jobs SET current_step = '{step}', status = '{status}' "
        f"WHERE id = {job.id} AND customer_email = '{job.customer_email}' "
        f"AND current_step = '{job.current_step}' AND status = 'processing'"
    )
