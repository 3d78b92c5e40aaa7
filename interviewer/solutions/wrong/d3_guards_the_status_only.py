"""Looks whose job it is before the step, but goes by the status alone when it advances it.

Mistake in: process_job
Must fail: D3
"""

from datetime import timedelta

from candidate.helpers import get_next_step
from infra import Job, JobStatus, JobStepName, analyze_sentiment, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    row = await Job.get(id=job.id)
    if (row.status, row.worker_id, row.current_step) != (
        JobStatus.PROCESSING,
        job.worker_id,
        job.current_step,
    ):
        return
    if row.current_step == JobStepName.SEND_EMAIL and not await send_email_step(job):
        return
    if row.current_step == JobStepName.ANALYZE:
        reply = await fetch_reply(row.customer_email)
        if reply is not None:
            await analyze_sentiment(reply)
    is_last = row.current_step == JobStepName.TAKE_ACTION
    await Job.filter(id=job.id, status=JobStatus.PROCESSING).update(
        current_step=get_next_step(row.current_step),
        status=JobStatus.COMPLETED if is_last else JobStatus.PENDING,
        worker_id=None,
        scheduled_for=None if is_last else now() + timedelta(minutes=5),
        completed_at=now() if is_last else None,
    )
