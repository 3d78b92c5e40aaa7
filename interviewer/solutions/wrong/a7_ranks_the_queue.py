"""Ranks all pending jobs with a window function, to be fair to campaigns, and takes one of them.

Mistake in: claim_next_job
Must fail: A7
"""

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CLAIM = """
    WITH ranked AS (
        SELECT id, created_at,
               ROW_NUMBER() OVER (PARTITION BY campaign_id ORDER BY created_at) AS place
        FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
    )
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id = (SELECT id FROM ranked ORDER BY place, created_at LIMIT 1)
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    """Pick and mark a job in one statement; the campaigns take turns."""
    moment = now()
    claimed = await execute_sql(CLAIM, [moment, current_worker_id(), moment], Job)
    return claimed[0] if claimed else None
