"""Lets go of the job in finally, by its id alone: another worker's claim loses its owner.

Mistake in: process_job
Must fail: D6
"""

from infra import Job
from interviewer.solutions import reference
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    try:
        await reference.process_job(job)
    finally:
        await Job.filter(id=job.id, status="processing").update(worker_id=None)
