"""The last portion, which is not a full one, is inserted when the transaction is over.

Mistake in: create_campaign_jobs
Must fail: B3
"""

from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

PORTION = 300


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert portions of one length, then what is left."""
    full = len(customer_emails) // PORTION * PORTION
    async with transaction():
        for start in range(0, full, PORTION):
            await _insert(campaign_id, customer_emails[start : start + PORTION])
    if customer_emails[full:]:
        await _insert(campaign_id, customer_emails[full:])
    return len(customer_emails)


async def _insert(campaign_id: int, emails: list[str]) -> None:
    params = [value for email in emails for value in (campaign_id, email)]
    rows = ", ".join(["(?, ?)"] * len(emails))
    await execute_sql(f"INSERT INTO jobs (campaign_id, customer_email) VALUES {rows}", params)
