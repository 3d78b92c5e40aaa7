"""Reserves with worker_id, then starts: a worker that dies in between leaves a pending job with its
name on it, which no reaper frees and no claim takes.

Mistake in: claim_next_job
Must fail: A6
Also fails: A5
"""

from infra import Job, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Reserve a free job in one statement, so that one worker gets it; then start it."""
    reserved = await execute_sql(
        """
        UPDATE jobs
        SET worker_id = ?
        WHERE id = (
            SELECT id FROM jobs
            WHERE status = 'pending'
              AND worker_id IS NULL
              AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at
            LIMIT 1
        )
        RETURNING *
        """,
        [current_worker_id(), now()],
        Job,
    )
    if not reserved:
        return None
    job = reserved[0]
    job.status = JobStatus.PROCESSING
    job.started_at = now()
    await job.save()
    return job
