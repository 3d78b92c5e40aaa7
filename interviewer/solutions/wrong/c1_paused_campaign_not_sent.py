"""Does not send for a campaign that is not active, and leaves the job in processing.

Mistake in: send_email_step
Must fail: C1
"""

from infra import Campaign, Job
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job
from interviewer.solutions.reference import send_email_step as send_now

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def send_email_step(job: Job) -> bool:
    """Nobody should get a mail of a campaign that was stopped."""
    campaign = await Campaign.get(id=job.campaign_id)
    if campaign.status != "active":
        return False
    return await send_now(job)
