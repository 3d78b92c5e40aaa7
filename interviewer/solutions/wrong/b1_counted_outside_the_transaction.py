"""Counts the campaign's jobs before and after, outside of the transaction: jobs that somebody else creates
between count as its own.

Mistake in: create_campaign_jobs
Must fail: B1
"""

import json

from infra import JobModel, execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert all in one statement; the campaign has so many jobs more."""
    of_campaign = JobModel.filter(campaign_id=campaign_id)
    before = await of_campaign.count()
    await execute_sql(
        "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, value FROM json_each(?)",
        [campaign_id, json.dumps(customer_emails)],
    )
    return await of_campaign.count() - before
