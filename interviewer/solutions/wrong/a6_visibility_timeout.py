"""Moves scheduled_for an hour ahead as a visibility timeout: after a crash and the reaper the job
is pending, and not due.

Mistake in: claim_next_job
Must fail: A6
"""

from datetime import timedelta

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

VISIBILITY_TIMEOUT = timedelta(hours=1)

CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?, scheduled_for = ?
    WHERE id = (
        SELECT id FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    """Pick and mark a job in one statement, and hide it from the others for a while."""
    moment = now()
    params = [current_worker_id(), moment, moment + VISIBILITY_TIMEOUT, moment]
    claimed = await execute_sql(CLAIM, params, Job)
    return claimed[0] if claimed else None
