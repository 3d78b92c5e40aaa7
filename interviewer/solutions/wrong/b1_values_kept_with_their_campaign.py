"""Keeps the values of a list by its length, and with them the campaign they were made for.

Mistake in: create_campaign_jobs
Must fail: B1
"""

from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

PORTION = 500
kept: dict[int, str] = {}


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert portions, whose statement is made once for each length."""
    async with transaction():
        for start in range(0, len(customer_emails), PORTION):
            portion = customer_emails[start : start + PORTION]
            if len(portion) not in kept:
                kept[len(portion)] = ", ".join([f"({campaign_id}, ?)"] * len(portion))
            await execute_sql(
                f"INSERT INTO jobs (campaign_id, customer_email) VALUES {kept[len(portion)]}",
                portion,
            )
    return len(customer_emails)
