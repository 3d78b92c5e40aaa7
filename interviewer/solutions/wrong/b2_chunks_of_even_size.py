"""Divides the list into chunks of one size, and loses the remainder: 50,001 addresses in 101 chunks of 495.

Mistake in: create_campaign_jobs
Must fail: B2
"""

import json

from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CHUNK_MAX = 500


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert in chunks of even size, in one transaction."""
    chunks = max(1, -(-len(customer_emails) // CHUNK_MAX))
    size = len(customer_emails) // chunks
    created = 0
    async with transaction():
        for number in range(chunks):
            chunk = customer_emails[number * size : (number + 1) * size]
            created += await _insert(campaign_id, chunk)
    return created


async def _insert(campaign_id: int, chunk: list[str]) -> int:
    result = await execute_sql(
        "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, value FROM json_each(?)",
        [campaign_id, json.dumps(chunk)],
    )
    return result.rowcount
