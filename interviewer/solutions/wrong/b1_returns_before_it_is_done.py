"""Inserts in a task that nobody waits for: it tells the number of jobs before there is one.

Mistake in: create_campaign_jobs
Must fail: B1
"""

import asyncio

from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CHUNK_SIZE = 500

_running: set[asyncio.Task[None]] = set()


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert in the background, so that the request is answered at once."""
    task = asyncio.create_task(_insert(campaign_id, customer_emails))
    _running.add(task)
    task.add_done_callback(_running.discard)
    return len(customer_emails)


async def _insert(campaign_id: int, customer_emails: list[str]) -> None:
    async with transaction():
        for start in range(0, len(customer_emails), CHUNK_SIZE):
            chunk = customer_emails[start : start + CHUNK_SIZE]
            places = ", ".join(["(?, ?)"] * len(chunk))
            values = [value for email in chunk for value in (campaign_id, email)]
            await execute_sql(
                f"INSERT INTO jobs (campaign_id, customer_email) VALUES {places}", values
            )
