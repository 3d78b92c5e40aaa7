"""Catches the cancellation inside the transaction, which then commits the chunks so far.

Mistake in: create_campaign_jobs
Must fail: B3
"""

import asyncio
import json

from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CHUNK_SIZE = 500


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert in chunks, in one transaction; return how far it came when it is cancelled."""
    created = 0
    async with transaction():
        try:
            for start in range(0, len(customer_emails), CHUNK_SIZE):
                created += await _insert(campaign_id, customer_emails[start : start + CHUNK_SIZE])
        except asyncio.CancelledError:
            return created
    return created


async def _insert(campaign_id: int, chunk: list[str]) -> int:
    result = await execute_sql(
        "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, value FROM json_each(?)",
        [campaign_id, json.dumps(chunk)],
    )
    return result.rowcount
