"""Compares days instead of moments: a job that is scheduled for tonight is taken in the morning.

Mistake in: claim_next_job
Must fail: A3
Also fails: A2
"""

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id = (
        SELECT id FROM jobs
        WHERE status = 'pending'
          AND (scheduled_for IS NULL OR date(scheduled_for) <= date('now'))
        ORDER BY created_at
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    """Pick and mark a job in one statement."""
    claimed = await execute_sql(CLAIM, [current_worker_id(), now()], Job)
    return claimed[0] if claimed else None
