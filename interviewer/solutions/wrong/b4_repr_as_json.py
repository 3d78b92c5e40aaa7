"""Makes JSON of Python's own list by swapping quotes: o'brien@example.com breaks it.

Mistake in: create_campaign_jobs
Must fail: B4
"""

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """All jobs in one statement, with the addresses as a JSON list."""
    addresses = str(customer_emails).replace("'", '"')
    result = await execute_sql(
        """
        INSERT INTO jobs (campaign_id, customer_email)
        SELECT ?, value FROM json_each(?)
        """,
        [campaign_id, addresses],
    )
    return result.rowcount
