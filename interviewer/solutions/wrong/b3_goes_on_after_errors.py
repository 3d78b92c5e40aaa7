"""Logs a chunk that fails and goes on with the next: the others are there, and nobody is told.

Mistake in: create_campaign_jobs
Must fail: B3
"""

import json
import logging

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CHUNK_SIZE = 200

logger = logging.getLogger(__name__)


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert in chunks; one bad chunk shall not spoil the campaign."""
    created = 0
    for start in range(0, len(customer_emails), CHUNK_SIZE):
        chunk = customer_emails[start : start + CHUNK_SIZE]
        try:
            result = await execute_sql(
                """
                INSERT INTO jobs (campaign_id, customer_email)
                SELECT ?, value FROM json_each(?)
                """,
                [campaign_id, json.dumps(chunk)],
            )
            created += result.rowcount
        except Exception:
            logger.exception("chunk at %s failed", start)
    return created
