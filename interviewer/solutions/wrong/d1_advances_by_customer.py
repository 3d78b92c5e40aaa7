"""Advances all jobs of the customer in the campaign: a second one goes along with its email unsent.

Mistake in: process_job
Must fail: D1
"""

from datetime import timedelta

from infra import Job, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    if job.current_step != "send_email":
        await process_other_step(job)
    elif await send_email_step(job):
        await Job.filter(
            campaign_id=job.campaign_id,
            customer_email=job.customer_email,
            current_step="send_email",
            status__in=["pending", "processing"],
        ).update(
            current_step="analyze",
            status="pending",
            worker_id=None,
            retry_count=0,
            scheduled_for=now() + timedelta(hours=48),
        )
