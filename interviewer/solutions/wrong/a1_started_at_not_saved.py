"""Sets started_at on the object after the update: the row in the database never gets it.

Mistake in: claim_next_job
Must fail: A1
"""

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?
    WHERE id = (
        SELECT id FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    """Pick and mark a job in one statement, then note when it was started."""
    rows = await execute_sql(CLAIM, [current_worker_id(), now()], Job)
    if not rows:
        return None
    job = rows[0]
    job.started_at = now()
    return job
