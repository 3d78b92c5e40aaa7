"""Creates all jobs at once with gather: still a round trip each, and each commits by itself.

Mistake in: create_campaign_jobs
Must fail: B2
Also fails: B3
"""

import asyncio

from infra import JobModel
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Create the jobs concurrently."""
    jobs = await asyncio.gather(
        *[
            JobModel.create(campaign_id=campaign_id, customer_email=email)
            for email in customer_emails
        ]
    )
    return len(jobs)
