"""Goes on from the last id that this process gave: jobs that another worker has made since have those ids,
and the insert fails.

Mistake in: create_campaign_jobs
Must fail: B1
"""

import json

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

_last_id: int | None = None


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert all in one statement, with ids in their order."""
    global _last_id
    if _last_id is None:
        (row,) = await execute_sql("SELECT coalesce(max(id), 0) AS last FROM jobs")
        _last_id = row["last"]
    result = await execute_sql(
        """
        INSERT INTO jobs (id, campaign_id, customer_email)
        SELECT ? + 1 + key, ?, value FROM json_each(?)
        """,
        [_last_id, campaign_id, json.dumps(customer_emails)],
    )
    _last_id += len(customer_emails)
    return result.rowcount
