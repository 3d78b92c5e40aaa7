"""All or none, but still a round trip per address: 50,000 of them take a minute.

Mistake in: create_campaign_jobs
Must fail: B2
"""

from infra import JobModel, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Create a job for each address, in one transaction."""
    created = 0
    async with transaction():
        for email in customer_emails:
            await JobModel.create(campaign_id=campaign_id, customer_email=email)
            created += 1
    return created
