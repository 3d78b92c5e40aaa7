"""Each chunk commits by itself: a crash midway leaves the chunks before it.

Mistake in: create_campaign_jobs
Must fail: B3
"""

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CHUNK_SIZE = 500


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert in chunks of many rows."""
    created = 0
    for start in range(0, len(customer_emails), CHUNK_SIZE):
        chunk = customer_emails[start : start + CHUNK_SIZE]
        places = ", ".join(["(?, ?)"] * len(chunk))
        values = [value for email in chunk for value in (campaign_id, email)]
        result = await execute_sql(
            f"INSERT INTO jobs (campaign_id, customer_email) VALUES {places}", values
        )
        created += result.rowcount
    return created
