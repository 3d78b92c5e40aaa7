"""Creates the first job by itself, to see that the campaign is there: a crash after it leaves one.

Mistake in: create_campaign_jobs
Must fail: B3
"""

import json

from infra import JobModel, execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Try it with one address; if that works, all others in one statement."""
    if not customer_emails:
        return 0
    first, *others = customer_emails
    await JobModel.create(campaign_id=campaign_id, customer_email=first)
    result = await execute_sql(
        """
        INSERT INTO jobs (campaign_id, customer_email)
        SELECT ?, value FROM json_each(?)
        """,
        [campaign_id, json.dumps(others)],
    )
    return 1 + result.rowcount
