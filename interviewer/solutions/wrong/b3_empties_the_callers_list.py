"""Takes chunk after chunk out of the caller's own list: after an error the same list has lost addresses, and
a second call creates the others only.

Mistake in: create_campaign_jobs
Must fail: B3
"""

import json

from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CHUNK_SIZE = 500


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert in chunks, in one transaction, until nothing is left."""
    created = 0
    async with transaction():
        while customer_emails:
            chunk = customer_emails[:CHUNK_SIZE]
            del customer_emails[:CHUNK_SIZE]
            created += await _insert(campaign_id, chunk)
    return created


async def _insert(campaign_id: int, chunk: list[str]) -> int:
    result = await execute_sql(
        "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, value FROM json_each(?)",
        [campaign_id, json.dumps(chunk)],
    )
    return result.rowcount
