"""Compares scheduled_for with seconds since 1970: a job that was scheduled is never due again.

Mistake in: claim_next_job
Must fail: A1
Also fails: A5
"""

import time

from infra import Job, current_worker_id, execute_sql
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = CURRENT_TIMESTAMP
    WHERE id = (
        SELECT id FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    """Pick and mark a job in one statement."""
    claimed = await execute_sql(CLAIM, [current_worker_id(), time.time()], Job)
    return claimed[0] if claimed else None
