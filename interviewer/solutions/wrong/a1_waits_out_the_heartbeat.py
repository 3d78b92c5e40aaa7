"""Leaves a pending job alone for a minute after its last heartbeat, as if somebody still had it: its next
step waits for nothing.

Mistake in: claim_next_job
Must fail: A1
"""

from datetime import timedelta

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

GRACE = timedelta(minutes=1)


async def claim_next_job() -> Job | None:
    """Claim the oldest due job that nobody works on, in one statement."""
    moment = now()
    claimed = await execute_sql(
        """
        UPDATE jobs
        SET status = 'processing', worker_id = ?, started_at = ?, last_heartbeat = ?
        WHERE id = (
            SELECT id FROM jobs
            WHERE status = 'pending'
              AND (scheduled_for IS NULL OR scheduled_for <= ?)
              AND (last_heartbeat IS NULL OR last_heartbeat < ?)
            ORDER BY created_at
            LIMIT 1
        )
        RETURNING *
        """,
        [current_worker_id(), moment, moment, moment, moment - GRACE],
        Job,
    )
    return claimed[0] if claimed else None
