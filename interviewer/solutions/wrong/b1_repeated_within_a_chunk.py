"""Leaves out what is repeated within a chunk, and returns how many different addresses the whole list has:
one that is in two chunks has two jobs and counts once.

Mistake in: create_campaign_jobs
Must fail: B1
"""

import json

from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CHUNK_SIZE = 500


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert chunks of different addresses in one transaction."""
    async with transaction():
        for start in range(0, len(customer_emails), CHUNK_SIZE):
            chunk = customer_emails[start : start + CHUNK_SIZE]
            await execute_sql(
                "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, value FROM json_each(?)",
                [campaign_id, json.dumps(sorted(set(chunk)))],
            )
    return len(set(customer_emails))
