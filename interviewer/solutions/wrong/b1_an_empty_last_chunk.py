"""Makes one chunk too many when the list is full chunks only: an INSERT without rows is no SQL, and all is
rolled back.

Mistake in: create_campaign_jobs
Must fail: B1
"""

from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CHUNK_SIZE = 700


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert in chunks, in one transaction."""
    if not customer_emails:
        return 0
    created = 0
    async with transaction():
        for number in range(len(customer_emails) // CHUNK_SIZE + 1):
            chunk = customer_emails[number * CHUNK_SIZE : (number + 1) * CHUNK_SIZE]
            places = ", ".join(["(?, ?)"] * len(chunk))
            values = [value for email in chunk for value in (campaign_id, email)]
            result = await execute_sql(
                f"INSERT INTO jobs (campaign_id, customer_email) VALUES {places}", values
            )
            created += result.rowcount
    return created
