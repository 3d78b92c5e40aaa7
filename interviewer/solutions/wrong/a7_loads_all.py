"""Loads every pending job to take one: at 50,000 each claim reads them all.

Mistake in: claim_next_job
Must fail: A7
"""

from infra import Job, JobModel, JobStatus, current_worker_id, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Go through the due jobs until one is ours; look again when all were taken."""
    while True:
        moment = now()
        pending = await JobModel.filter(status=JobStatus.PENDING).all()
        due = [job for job in pending if job.scheduled_for is None or job.scheduled_for <= moment]
        if not due:
            return None
        for job in due:
            won = await JobModel.filter(id=job.id, status=JobStatus.PENDING).update(
                status=JobStatus.PROCESSING, worker_id=current_worker_id(), started_at=now()
            )
            if won:
                await job.refresh()
                return job
