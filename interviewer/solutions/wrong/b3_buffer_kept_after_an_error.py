"""Empties its buffer only when all went well: after an error the next call inserts the rows of both.

Mistake in: create_campaign_jobs
Must fail: B3
"""

import json

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

_buffer: list[tuple[int, str]] = []


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Gather the rows, then insert all in one statement."""
    _buffer.extend((campaign_id, email) for email in customer_emails)
    result = await execute_sql(
        """
        INSERT INTO jobs (campaign_id, customer_email)
        SELECT value ->> 0, value ->> 1 FROM json_each(?)
        """,
        [json.dumps(_buffer)],
    )
    _buffer.clear()
    return result.rowcount
