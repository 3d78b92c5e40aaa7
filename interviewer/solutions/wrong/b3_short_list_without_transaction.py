"""A list of up to a thousand addresses is thought to need no transaction; it is two portions.

Mistake in: create_campaign_jobs
Must fail: B3
"""

from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

PORTION = 500
SHORT = 1_000


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert portions, of a long list in one transaction."""
    if len(customer_emails) <= SHORT:
        return await _insert(campaign_id, customer_emails)
    async with transaction():
        return await _insert(campaign_id, customer_emails)


async def _insert(campaign_id: int, emails: list[str]) -> int:
    for start in range(0, len(emails), PORTION):
        portion = emails[start : start + PORTION]
        params = [value for email in portion for value in (campaign_id, email)]
        rows = ", ".join(["(?, ?)"] * len(portion))
        await execute_sql(f"INSERT INTO jobs (campaign_id, customer_email) VALUES {rows}", params)
    return len(emails)
