"""Compares scheduled_for without IS NULL: a job that was never scheduled is never claimed.

Mistake in: claim_next_job
Must fail: A1
Also fails: A5
"""

from infra import Job, JobModel, current_worker_id, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Take the job that has been due longest by compare-and-set; go on until one is ours."""
    while True:
        job = (
            await JobModel.filter(status="pending", scheduled_for__lte=now())
            .order_by("scheduled_for")
            .first()
        )
        if job is None:
            return None
        won = await JobModel.filter(id=job.id, status="pending").update(
            status="processing", worker_id=current_worker_id(), started_at=now()
        )
        if won:
            await job.refresh()
            return job
