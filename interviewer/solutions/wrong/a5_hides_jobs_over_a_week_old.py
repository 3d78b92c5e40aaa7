"""Takes a job that was created over a week ago for out of date, and never looks at it again.

Mistake in: claim_next_job
Must fail: A5
"""

from datetime import timedelta

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

STALE_AFTER = timedelta(days=7)

CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id = (
        SELECT id
        FROM jobs
        WHERE status = 'pending'
          AND (scheduled_for IS NULL OR scheduled_for <= ?)
          AND created_at > ?
        ORDER BY scheduled_for NULLS FIRST
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    """Find the job and take it in one statement."""
    moment = now()
    claimed = await execute_sql(
        CLAIM, [current_worker_id(), moment, moment, moment - STALE_AFTER], Job
    )
    return claimed[0] if claimed else None
