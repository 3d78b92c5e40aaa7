"""Allows for clocks that differ: what is due in less than five seconds is taken now.

Mistake in: claim_next_job
Must fail: A2
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
          AND (scheduled_for IS NULL OR scheduled_for <= datetime('now', '+5 seconds'))
        ORDER BY scheduled_for
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    claimed = await execute_sql(CLAIM, [current_worker_id(), now()], Job)
    return claimed[0] if claimed else None
