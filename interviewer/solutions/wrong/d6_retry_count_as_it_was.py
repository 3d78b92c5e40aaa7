"""Reschedules a job that was put back, with the retry_count of before: it is never given up.

Mistake in: process_job
Must fail: D6
"""

from datetime import timedelta

from infra import Job, now
from interviewer.solutions import reference
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    await reference.process_job(job)
    put_back = Job.filter(id=job.id, status="pending", current_step="send_email")
    await put_back.update(retry_count=job.retry_count, scheduled_for=now() + timedelta(seconds=30))
