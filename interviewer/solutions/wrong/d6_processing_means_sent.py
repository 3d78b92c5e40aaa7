"""After False it looks at the row: processing means sent. By then it is another worker's claim.

Mistake in: process_job
Must fail: D6
"""

from candidate.helpers import get_next_step
from infra import Job, analyze_sentiment, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    if job.current_step == "done":
        return
    if job.current_step == "send_email" and not await send_email_step(job):
        row = await Job.get(id=job.id)
        if row.status in ("pending", "failed"):
            return
    if job.current_step == "analyze":
        reply = await fetch_reply(job.customer_email)
        if reply:
            await analyze_sentiment(reply)
    step = get_next_step(job.current_step)
    await Job.filter(id=job.id, current_step=job.current_step, status="processing").update(
        current_step=step,
        status="completed" if step == "done" else "pending",
        completed_at=now() if step == "done" else None,
    )
