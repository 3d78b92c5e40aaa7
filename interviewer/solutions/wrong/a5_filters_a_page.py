"""Reads a hundred pending jobs and keeps those that are due: a hundred waiting ones hide the rest.

Mistake in: claim_next_job
Must fail: A5
"""

from infra import Job, JobModel, current_worker_id, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Take the first due job of the queue by compare-and-set; go on until one is ours."""
    while True:
        page = await JobModel.filter(status="pending").order_by("created_at").limit(100).all()
        moment = now()
        due = [job for job in page if job.scheduled_for is None or job.scheduled_for <= moment]
        if not due:
            return None
        for job in due:
            won = await JobModel.filter(id=job.id, status="pending").update(
                status="processing", worker_id=current_worker_id(), started_at=now()
            )
            if won:
                await job.refresh()
                return job
