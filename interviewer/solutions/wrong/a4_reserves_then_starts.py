"""Writes its name on a pending job first, and starts it in a second statement: between the two
another worker writes its name over it, and both start.

Mistake in: claim_next_job
Must fail: A4
"""

from infra import Job, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Reserve a job, then start it."""
    me = current_worker_id()
    reserved = await execute_sql(
        """
        UPDATE jobs
        SET worker_id = ?
        WHERE id = (
            SELECT id FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at
            LIMIT 1
        )
        RETURNING *
        """,
        [me, now()],
        Job,
    )
    if not reserved:
        return None
    job = reserved[0]
    job.status = JobStatus.PROCESSING
    job.started_at = now()
    await job.save()
    return job
