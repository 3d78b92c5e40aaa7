"""Chunks of 20,000 that each commit by themselves: only a large list shows it.

Mistake in: create_campaign_jobs
Must fail: B3
"""

import json

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id, customer_emails):
    n = 0
    for i in range(0, len(customer_emails), 25000):
        c = customer_emails[i : i + 25000]
        n += (
            await execute_sql(
                "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, value FROM json_each(?)",
                [campaign_id, json.dumps(c)],
            )
        ).rowcount
    return n
