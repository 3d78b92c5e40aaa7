"""Writes `scheduled_for` with a T between date and time: compared as text it is later than any moment of its
day, and no claim finds the job before midnight.

Mistake in: create_campaign_jobs
Must fail: B1
"""

import json

from infra import execute_sql, now
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert all in one statement, due at once."""
    result = await execute_sql(
        """
        INSERT INTO jobs (campaign_id, customer_email, scheduled_for)
        SELECT ?, value, ? FROM json_each(?)
        """,
        [campaign_id, now().isoformat(), json.dumps(customer_emails)],
    )
    return result.rowcount
