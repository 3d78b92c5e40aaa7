"""Guards the advance by who calls: a worker's old Job moves back the job that it has by now.

Mistake in: process_job
Must fail: D2
"""

from candidate.helpers import get_next_step
from infra import Job, analyze_sentiment, current_worker_id, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    row = await Job.get(id=job.id)
    if row.status != "processing" or row.worker_id != current_worker_id():
        return
    if job.current_step == "send_email" and not await send_email_step(job):
        return
    if job.current_step == "analyze":
        reply = await fetch_reply(job.customer_email)
        if reply:
            await analyze_sentiment(reply)
    step = get_next_step(job.current_step)
    mine = Job.filter(id=job.id, status="processing", worker_id=current_worker_id())
    await mine.update(
        current_step=step,
        status="completed" if step == "done" else "pending",
        completed_at=now() if step == "done" else None,
    )
