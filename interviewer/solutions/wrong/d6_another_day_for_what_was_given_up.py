"""A job that sending has given up after many tries gets another day: it was failed, for good.

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
    given_up = Job.filter(id=job.id, status="failed", retry_count__gte=4)
    await given_up.update(status="pending", scheduled_for=now() + timedelta(days=1))
