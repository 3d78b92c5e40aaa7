"""Inserts what is left over after the transaction has ended: a crash in between loses it.

Mistake in: create_campaign_jobs
Must fail: B3
"""

from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CHUNK_SIZE = 500


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert full chunks in one transaction, then the remainder."""
    created = 0
    rest = list(customer_emails)
    async with transaction():
        while len(rest) > CHUNK_SIZE:
            created += await _insert(campaign_id, rest[:CHUNK_SIZE])
            rest = rest[CHUNK_SIZE:]
    if rest:
        created += await _insert(campaign_id, rest)
    return created


async def _insert(campaign_id: int, chunk: list[str]) -> int:
    places = ", ".join(["(?, ?)"] * len(chunk))
    values = [value for email in chunk for value in (campaign_id, email)]
    result = await execute_sql(
        f"INSERT INTO jobs (campaign_id, customer_email) VALUES {places}", values
    )
    return result.rowcount
