"""Takes jobs of active campaigns only.

Mistake in: claim_next_job
Must fail: A5
"""

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

_CLAIM = """
    UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id = (
        SELECT id FROM jobs
        WHERE status = 'pending'
          AND campaign_id IN (SELECT id FROM campaigns WHERE status = 'active')
          AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at LIMIT 1
    ) AND status = 'pending'
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    at = now()
    rows = await execute_sql(_CLAIM, (current_worker_id(), at, at), model=Job)
    return rows[0] if rows else None
