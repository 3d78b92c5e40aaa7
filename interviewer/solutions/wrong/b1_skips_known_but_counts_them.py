"""Leaves out addresses that have a job already, and counts them all the same.

Mistake in: create_campaign_jobs
Must fail: B1
"""

import json

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CREATE = """
    INSERT INTO jobs (campaign_id, customer_email)
    SELECT ?, value
    FROM json_each(?)
    WHERE NOT EXISTS (
        SELECT 1 FROM jobs j WHERE j.campaign_id = ? AND j.customer_email = value
    )
"""


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    await execute_sql(CREATE, [campaign_id, json.dumps(customer_emails), campaign_id])
    return len(customer_emails)
