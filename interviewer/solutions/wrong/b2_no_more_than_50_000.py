"""Leaves out what is beyond 50,000 addresses: those have to be done in 5 s, but are not all that may come.

Mistake in: create_campaign_jobs
Must fail: B2
"""

import json

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

ADDRESSES_MAX = 50_000


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert all in one statement."""
    result = await execute_sql(
        "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, value FROM json_each(?)",
        [campaign_id, json.dumps(customer_emails[:ADDRESSES_MAX])],
    )
    return result.rowcount
