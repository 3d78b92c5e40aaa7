"""Takes the quotes out so that the SQL holds: o'brien's mail goes to obrien.

Mistake in: create_campaign_jobs
Must fail: B4
"""

from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CHUNK_SIZE = 500


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert in chunks of many rows, all in one transaction."""
    created = 0
    async with transaction():
        for start in range(0, len(customer_emails), CHUNK_SIZE):
            chunk = [
                email.replace("'", "") for email in customer_emails[start : start + CHUNK_SIZE]
            ]
            rows = ", ".join(f"({campaign_id}, '{email}', 'pending')" for email in chunk)
            result = await execute_sql(
                f"INSERT INTO jobs (campaign_id, customer_email, status) VALUES {rows}"
            )
            created += result.rowcount
    return created
