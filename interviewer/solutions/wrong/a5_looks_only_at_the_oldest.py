"""Looks whether the oldest job is due, and goes home if it is not, whatever comes behind it.

Mistake in: claim_next_job
Must fail: A5
"""

from infra import Job, JobModel, current_worker_id, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Take the oldest job if it is due, by compare-and-set; go on until one is ours."""
    while True:
        job = await JobModel.filter(status="pending").order_by("created_at").first()
        if job is None:
            return None
        if job.scheduled_for is not None and job.scheduled_for > now():
            return None
        won = await JobModel.filter(id=job.id, status="pending").update(
            status="processing", worker_id=current_worker_id(), started_at=now()
        )
        if won:
            await job.refresh()
            return job
