"""The transaction is inside the loop: each chunk is all or none, the whole list is not.

Mistake in: create_campaign_jobs
Must fail: B3
"""

import json

from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CHUNK_SIZE = 1_000


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert in chunks, each in a transaction."""
    created = 0
    for start in range(0, len(customer_emails), CHUNK_SIZE):
        chunk = customer_emails[start : start + CHUNK_SIZE]
        async with transaction():
            result = await execute_sql(
                """
                INSERT INTO jobs (campaign_id, customer_email)
                SELECT ?, value FROM json_each(?)
                """,
                [campaign_id, json.dumps(chunk)],
            )
            created += result.rowcount
    return created
