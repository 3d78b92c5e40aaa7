"""Strips the spaces around an address.

Mistake in: create_campaign_jobs
Must fail: B4
"""

import json

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id, customer_emails):
    return (
        await execute_sql(
            "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, trim(value) FROM json_each(?)",
            [campaign_id, json.dumps(customer_emails)],
        )
    ).rowcount
