"""Counts the pending jobs to see whether there are any: each claim goes through all 50,000.

Mistake in: claim_next_job
Must fail: A7
"""

from infra import Job, JobModel, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id = (
        SELECT id FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    """Pick and mark a job in one statement, if there is one."""
    if await JobModel.filter(status="pending").count() == 0:
        return None
    moment = now()
    claimed = await execute_sql(CLAIM, [current_worker_id(), moment, moment], Job)
    return claimed[0] if claimed else None
