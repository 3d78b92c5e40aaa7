"""Answers None for a second after it has found nothing: jobs that have come meanwhile wait, though a worker
asks for them.

Mistake in: claim_next_job
Must fail: A5
"""

from datetime import datetime, timedelta

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

REST = timedelta(seconds=1)

_empty_until: datetime | None = None


async def claim_next_job() -> Job | None:
    """Claim the oldest due job in one statement, and spare the database when there is none."""
    global _empty_until
    moment = now()
    if _empty_until and moment < _empty_until:
        return None
    claimed = await execute_sql(
        """
        UPDATE jobs
        SET status = 'processing', worker_id = ?, started_at = ?
        WHERE id = (
            SELECT id FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at
            LIMIT 1
        )
        RETURNING *
        """,
        [current_worker_id(), moment, moment],
        Job,
    )
    if claimed:
        return claimed[0]
    _empty_until = moment + REST
    return None
