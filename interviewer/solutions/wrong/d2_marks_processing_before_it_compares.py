"""Takes the row again, and only then sees that the Job is stale: nobody has the job any more.

Mistake in: process_job
Must fail: D2
"""

from candidate.helpers import get_next_step
from infra import Job, analyze_sentiment, current_worker_id, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    mine = Job.filter(id=job.id, status__in=["pending", "processing"])
    if not await mine.update(status="processing", worker_id=current_worker_id()):
        return
    row = await Job.get(id=job.id)
    if row.current_step != job.current_step:
        return
    if row.current_step == "send_email" and not await send_email_step(row):
        return
    if row.current_step == "analyze":
        reply = await fetch_reply(row.customer_email)
        if reply:
            await analyze_sentiment(reply)
    step = get_next_step(row.current_step)
    await Job.filter(id=row.id, current_step=row.current_step, status="processing").update(
        current_step=step,
        status="completed" if step == "done" else "pending",
        completed_at=now() if step == "done" else None,
    )
