"""Raises ValueError for a list without addresses: no job is all that was asked for, and 0 is right.

Mistake in: create_campaign_jobs
Must fail: B1
"""

import json

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """All jobs in one statement."""
    if not customer_emails:
        raise ValueError("customer_emails is empty")
    result = await execute_sql(
        """
        INSERT INTO jobs (campaign_id, customer_email)
        SELECT ?, value FROM json_each(?)
        """,
        [campaign_id, json.dumps(customer_emails)],
    )
    return result.rowcount
