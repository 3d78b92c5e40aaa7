"""Remembers the reply before it has come: after an error the same worker takes it for none.

Mistake in: process_job
Must fail: D6
"""

from candidate.helpers import get_next_step
from infra import Job, analyze_sentiment, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

replies = {}


async def process_job(job: Job) -> None:
    if job.current_step == "done":
        return
    if job.current_step == "send_email" and not await send_email_step(job):
        return
    if job.current_step == "analyze":
        if job.id not in replies:
            replies[job.id] = None
            replies[job.id] = await fetch_reply(job.customer_email)
        if replies[job.id]:
            await analyze_sentiment(replies[job.id])
    step = get_next_step(job.current_step)
    await Job.filter(id=job.id, current_step=job.current_step, status="processing").update(
        current_step=step,
        status="completed" if step == "done" else "pending",
        completed_at=now() if step == "done" else None,
    )
