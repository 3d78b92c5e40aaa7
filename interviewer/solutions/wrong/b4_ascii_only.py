"""Drops what is not ASCII: josé@example.com becomes jose@example.com, who is somebody else.

Mistake in: create_campaign_jobs
Must fail: B4
"""

import json
import unicodedata

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """One job for each address, in one statement."""
    addresses = json.dumps([_plain(email) for email in customer_emails])
    result = await execute_sql(
        """
        INSERT INTO jobs (campaign_id, customer_email)
        SELECT ?, value FROM json_each(?)
        """,
        [campaign_id, addresses],
    )
    return result.rowcount


def _plain(email: str) -> str:
    return unicodedata.normalize("NFKD", email).encode("ascii", "ignore").decode()
