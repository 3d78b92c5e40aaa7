"""Inserts all chunks at the same time, each by itself: a crash leaves those that were through.

Mistake in: create_campaign_jobs
Must fail: B3
"""

import asyncio
import json

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CHUNK_SIZE = 2_000


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert all chunks at the same time."""
    starts = range(0, len(customer_emails), CHUNK_SIZE)
    counts = await asyncio.gather(
        *[_insert(campaign_id, customer_emails[start : start + CHUNK_SIZE]) for start in starts]
    )
    return sum(counts)


async def _insert(campaign_id: int, chunk: list[str]) -> int:
    result = await execute_sql(
        """
        INSERT INTO jobs (campaign_id, customer_email)
        SELECT ?, value FROM json_each(?)
        """,
        [campaign_id, json.dumps(chunk)],
    )
    return result.rowcount
