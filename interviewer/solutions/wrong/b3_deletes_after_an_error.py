"""Cleans up in except instead of using a transaction: a worker that dies does not clean up.

Mistake in: create_campaign_jobs
Must fail: B3
"""

import json

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CHUNK_SIZE = 500


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert in chunks; on an error take back what was inserted."""
    created: list[int] = []
    try:
        for start in range(0, len(customer_emails), CHUNK_SIZE):
            chunk = customer_emails[start : start + CHUNK_SIZE]
            rows = await execute_sql(
                """
                INSERT INTO jobs (campaign_id, customer_email)
                SELECT ?, value FROM json_each(?)
                RETURNING id
                """,
                [campaign_id, json.dumps(chunk)],
            )
            created.extend(row["id"] for row in rows)
    except Exception:
        ids = json.dumps(created)
        await execute_sql("DELETE FROM jobs WHERE id IN (SELECT value FROM json_each(?))", [ids])
        raise
    return len(created)
