"""Drops what its pattern does not know: o'brien@… and josé@… are good addresses and get no job.

Mistake in: create_campaign_jobs
Must fail: B4
"""

import json
import re

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """One job for each valid address, in one statement."""
    valid = [email for email in customer_emails if EMAIL.fullmatch(email)]
    result = await execute_sql(
        """
        INSERT INTO jobs (campaign_id, customer_email)
        SELECT ?, value FROM json_each(?)
        """,
        [campaign_id, json.dumps(valid)],
    )
    return result.rowcount
