"""Stages the addresses in a table first: when it dies there, the next call creates jobs for them too, in
another campaign.

Mistake in: create_campaign_jobs
Must fail: B3
"""

import json

from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Stage the addresses, then create all jobs in one transaction."""
    await execute_sql("CREATE TABLE IF NOT EXISTS staged (email TEXT NOT NULL)")
    await execute_sql(
        "INSERT INTO staged (email) SELECT value FROM json_each(?)", [json.dumps(customer_emails)]
    )
    async with transaction():
        result = await execute_sql(
            "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, email FROM staged",
            [campaign_id],
        )
        await execute_sql("DELETE FROM staged")
    return result.rowcount
