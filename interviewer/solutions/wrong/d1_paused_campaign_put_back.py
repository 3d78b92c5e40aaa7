"""Puts back the job of a campaign that is not active, again and again: its steps are never done.

Mistake in: process_job
Must fail: D1
"""

from datetime import timedelta

from infra import Campaign, Job, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as do_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

LOOK_AGAIN = timedelta(hours=1)


async def process_job(job: Job) -> None:
    """Work for active campaigns only; look at the others' jobs again in an hour."""
    campaign = await Campaign.get(id=job.campaign_id)
    if campaign.status == "active":
        await do_step(job)
        return
    await Job.filter(
        id=job.id,
        status="processing",
        current_step=job.current_step,
        worker_id=job.worker_id,
    ).update(status="pending", worker_id=None, scheduled_for=now() + LOOK_AGAIN)
