"""Picks by the oldest created_at, which a whole batch shares: one claim takes all of the batch.

Mistake in: claim_next_job
Must fail: A3
"""

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?
    WHERE status = 'pending'
      AND (scheduled_for IS NULL OR scheduled_for <= ?)
      AND created_at = (
          SELECT MIN(created_at) FROM jobs
          WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
      )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    """Pick and mark the oldest job in one statement."""
    moment = now()
    claimed = await execute_sql(CLAIM, [current_worker_id(), moment, moment, moment], Job)
    return claimed[0] if claimed else None
