"""Renews started_at before it sees that the Job is stale: who is at work cannot advance any more.

Mistake in: process_job
Must fail: D2
"""

from candidate.helpers import get_next_step
from infra import Job, analyze_sentiment, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    await Job.filter(id=job.id, status="processing").update(started_at=now())
    row = await Job.get(id=job.id)
    if row.status != "processing" or row.current_step != job.current_step:
        return
    if row.current_step == "send_email" and not await send_email_step(row):
        return
    if row.current_step == "analyze":
        reply = await fetch_reply(row.customer_email)
        if reply:
            await analyze_sentiment(reply)
    step = get_next_step(row.current_step)
    as_it_was = Job.filter(
        id=row.id, current_step=row.current_step, status="processing", started_at=row.started_at
    )
    await as_it_was.update(
        current_step=step,
        status="completed" if step == "done" else "pending",
        completed_at=now() if step == "done" else None,
    )
