"""Waits until there is work instead of returning None: with an empty queue it never returns.

Mistake in: claim_next_job
Must fail: A2
"""

import asyncio

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id = (
        SELECT id FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    """Poll until there is a job to do."""
    while True:
        claimed = await execute_sql(CLAIM, [current_worker_id(), now(), now()], Job)
        if claimed:
            return claimed[0]
        await asyncio.sleep(1)
