"""Inserts the jobs as failed and makes them pending by a second statement: a crash between the two
leaves all of them failed.

Mistake in: create_campaign_jobs
Must fail: B3
"""

import json

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CREATE = """
    INSERT INTO jobs (campaign_id, customer_email, status)
    SELECT ?, value, 'failed'
    FROM json_each(?)
    RETURNING id
"""
LET_GO = """
    UPDATE jobs
    SET status = 'pending'
    WHERE id IN (SELECT value FROM json_each(?))
"""


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Keep the workers' hands off until the last row is there."""
    rows = await execute_sql(CREATE, [campaign_id, json.dumps(customer_emails)])
    await execute_sql(LET_GO, [json.dumps([row["id"] for row in rows])])
    return len(rows)
