"""Tries again after an error, and goes on counting: rows that were rolled back are in the number.

Mistake in: create_campaign_jobs
Must fail: B3
"""

import json
import sqlite3

from candidate.helpers import sleep
from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CHUNK_SIZE = 500
TRIES_MAX = 3


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert in chunks, in one transaction, which is tried three times."""
    created = 0
    for tries_left in reversed(range(TRIES_MAX)):
        try:
            async with transaction():
                for start in range(0, len(customer_emails), CHUNK_SIZE):
                    chunk = customer_emails[start : start + CHUNK_SIZE]
                    created += await _insert(campaign_id, chunk)
            break
        except sqlite3.Error:
            if not tries_left:
                raise
            await sleep(0.05)
    return created


async def _insert(campaign_id: int, chunk: list[str]) -> int:
    result = await execute_sql(
        "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, value FROM json_each(?)",
        [campaign_id, json.dumps(chunk)],
    )
    return result.rowcount
