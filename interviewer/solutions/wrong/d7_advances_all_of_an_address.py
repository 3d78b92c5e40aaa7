"""Advances what is processing for the address: another job of that customer loses its email.

Mistake in: process_job
Must fail: D7
"""

from candidate.helpers import get_next_step
from infra import Job, analyze_sentiment, fetch_reply, now
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
    theirs = Job.filter(
        customer_email=job.customer_email, current_step=job.current_step, status="processing"
    )
    await theirs.update(
        current_step=step,
        status="completed" if step == "done" else "pending",
        completed_at=now() if step == "done" else None,
    )
