"""Takes what has failed after a retry when nothing is pending: an invalid address among it.

Mistake in: claim_next_job
Must fail: A3
"""

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id = (
        SELECT id
        FROM jobs
        WHERE (status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?))
           OR (status = 'failed' AND retry_count > 0)
        ORDER BY status DESC, scheduled_for NULLS FIRST
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    """Find the job and take it in one statement."""
    moment = now()
    claimed = await execute_sql(CLAIM, [current_worker_id(), moment, moment], Job)
    return claimed[0] if claimed else None
