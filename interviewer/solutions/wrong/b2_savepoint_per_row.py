"""A transaction inside the transaction for each row: three round trips per address.

Mistake in: create_campaign_jobs
Must fail: B2
"""

from infra import JobModel, JobStatus, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Create a job for each address; if one cannot be, none is."""
    created = 0
    async with transaction():
        for email in customer_emails:
            async with transaction():
                await JobModel.create(
                    campaign_id=campaign_id, customer_email=email, status=JobStatus.PENDING
                )
            created += 1
    return created
