"""Takes the last chunk apart from the full ones, and an empty list has none: it raises ValueError.

Mistake in: create_campaign_jobs
Must fail: B1
"""

from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CHUNK_SIZE = 500


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert in chunks, all in one transaction; the full ones share their SQL."""
    starts = range(0, len(customer_emails), CHUNK_SIZE)
    *full, last = [customer_emails[start : start + CHUNK_SIZE] for start in starts]
    sql = _insert_sql(CHUNK_SIZE)
    async with transaction():
        for chunk in full:
            await execute_sql(sql, _values(campaign_id, chunk))
        await execute_sql(_insert_sql(len(last)), _values(campaign_id, last))
    return len(customer_emails)


def _insert_sql(rows: int) -> str:
    places = ", ".join(["(?, ?)"] * rows)
    return f"INSERT INTO jobs (campaign_id, customer_email) VALUES {places}"


def _values(campaign_id: int, emails: list[str]) -> list[object]:
    return [value for email in emails for value in (campaign_id, email)]
