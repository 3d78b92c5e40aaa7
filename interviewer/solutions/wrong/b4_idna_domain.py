"""Turns the domain into its ASCII form: müller@bücher.example is stored with xn--bcher-kva.example.

Mistake in: create_campaign_jobs
Must fail: B4
"""

import json

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """One job for each address, in one statement."""
    addresses = json.dumps([_deliverable(email) for email in customer_emails])
    result = await execute_sql(
        """
        INSERT INTO jobs (campaign_id, customer_email)
        SELECT ?, value FROM json_each(?)
        """,
        [campaign_id, addresses],
    )
    return result.rowcount


def _deliverable(email: str) -> str:
    """Write the domain as mail servers know it."""
    mailbox, at, domain = email.rpartition("@")
    return mailbox + at + domain.encode("idna").decode()
