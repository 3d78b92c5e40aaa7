"""Takes what stands before the @ for the customer: of two at different domains one gets no job.

Mistake in: create_campaign_jobs
Must fail: B4
"""

from interviewer.solutions import reference
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    customers = {email.rpartition("@")[0] or email: email for email in customer_emails}
    return await reference.create_campaign_jobs(campaign_id, [*customers.values()])
