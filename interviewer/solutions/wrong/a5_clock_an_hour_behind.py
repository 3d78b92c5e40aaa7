"""Compares with the wall clock of a place west of Greenwich: every job comes due an hour late.

Mistake in: claim_next_job
Must fail: A5
"""

from datetime import timedelta, timezone

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

AZORES = timezone(timedelta(hours=-1))

CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id = (
        SELECT id
        FROM jobs
        WHERE status = 'pending'
          AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY scheduled_for NULLS FIRST
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    """Find the job and take it in one statement."""
    moment = now()
    wall_clock = moment.astimezone(AZORES).strftime("%Y-%m-%d %H:%M:%S.%f")
    claimed = await execute_sql(CLAIM, [current_worker_id(), moment, wall_clock], Job)
    return claimed[0] if claimed else None
