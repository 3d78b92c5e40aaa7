"""Keeps in memory which steps it has done: reaped before the advance, it claims again in vain.

Mistake in: process_job
Must fail: D3
"""

from candidate.helpers import get_next_step
from infra import Job, analyze_sentiment, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

done_here = set()


async def process_job(job: Job) -> None:
    if (job.id, job.current_step) in done_here or job.current_step == "done":
        return
    if job.current_step == "send_email" and not await send_email_step(job):
        return
    if job.current_step == "analyze":
        reply = await fetch_reply(job.customer_email)
        if reply:
            await analyze_sentiment(reply)
    done_here.add((job.id, job.current_step))
    step = get_next_step(job.current_step)
    mine = Job.filter(
        id=job.id,
        status="processing",
        current_step=job.current_step,
        worker_id=job.worker_id,
        started_at=job.started_at,
    )
    await mine.update(
        current_step=step,
        status="completed" if step == "done" else "pending",
        completed_at=now() if step == "done" else None,
    )
