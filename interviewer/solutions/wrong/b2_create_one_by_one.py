"""Creates each job by itself: a round trip per address, and a crash leaves the first ones.

Mistake in: create_campaign_jobs
Must fail: B2
Also fails: B3
"""

from infra import JobModel
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Create a job for each address."""
    for email in customer_emails:
        await JobModel.create(campaign_id=campaign_id, customer_email=email)
    return len(customer_emails)
