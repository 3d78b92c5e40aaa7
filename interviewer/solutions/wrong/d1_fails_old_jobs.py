"""Fails a job that was created over three days ago: the wait for the reply is two of them.

Mistake in: process_job
Must fail: D1
"""

from datetime import timedelta

from infra import Job, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as do_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

EXPIRES_AFTER = timedelta(days=3)


async def process_job(job: Job) -> None:
    """What nobody got round to in time is not news any more."""
    if now() - job.created_at <= EXPIRES_AFTER:
        await do_step(job)
        return
    await Job.filter(
        id=job.id,
        status="processing",
        current_step=job.current_step,
        worker_id=job.worker_id,
    ).update(status="failed", error_message="expired", completed_at=now())
