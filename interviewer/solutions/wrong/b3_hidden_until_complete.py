"""Inserts in chunks that are due in the year 9999, and makes them due at the end: after a crash the
rows before it stay for good.

Mistake in: create_campaign_jobs
Must fail: B3
"""

import json

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CHUNK_SIZE = 500
NEVER = "9999-12-31 00:00:00.000000"


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert jobs that nobody can claim yet, then let all of them go in one statement."""
    for start in range(0, len(customer_emails), CHUNK_SIZE):
        chunk = customer_emails[start : start + CHUNK_SIZE]
        await execute_sql(
            """
            INSERT INTO jobs (campaign_id, customer_email, scheduled_for)
            SELECT ?, value, ? FROM json_each(?)
            """,
            [campaign_id, NEVER, json.dumps(chunk)],
        )
    released = await execute_sql(
        "UPDATE jobs SET scheduled_for = NULL WHERE campaign_id = ? AND scheduled_for = ?",
        [campaign_id, NEVER],
    )
    return released.rowcount
