"""Inserts ten addresses at a time: 5,000 round trips are six seconds, and five were given.

Mistake in: create_campaign_jobs
Must fail: B2
"""

from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BATCH_SIZE = 10

ROW = "(?, ?)"


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert in batches, all in one transaction."""
    created = 0
    async with transaction():
        for start in range(0, len(customer_emails), BATCH_SIZE):
            batch = customer_emails[start : start + BATCH_SIZE]
            values = [value for email in batch for value in (campaign_id, email)]
            places = ", ".join([ROW] * len(batch))
            result = await execute_sql(
                f"INSERT INTO jobs (campaign_id, customer_email) VALUES {places}", values
            )
            created += result.rowcount
    return created
