"""Never writes who claimed the job: the row is processing, and nobody knows whose it is.

Mistake in: claim_next_job
Must fail: A1
"""

from infra import Job, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CLAIM = """
    UPDATE jobs
    SET status = 'processing', started_at = ?
    WHERE id = (
        SELECT id FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    """Pick and mark a job in one statement."""
    moment = now()
    rows = await execute_sql(CLAIM, [moment, moment], Job)
    return rows[0] if rows else None
