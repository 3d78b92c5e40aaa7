"""A chunk that fails is skipped, and the rest is kept.

Mistake in: create_campaign_jobs
Must fail: B3
"""

import contextlib

from infra import execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id, customer_emails):
    n = 0
    async with transaction():
        for i in range(0, len(customer_emails), 5000):
            c = customer_emails[i : i + 5000]
            with contextlib.suppress(Exception):
                rows = await execute_sql(
                    "INSERT INTO jobs (campaign_id, customer_email) VALUES "
                    + ",".join(["(?,?)"] * len(c)),
                    [x for e in c for x in (campaign_id, e)],
                )
                n += rows.rowcount
    return n
