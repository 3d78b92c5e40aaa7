"""Makes the job failed while it is being taken: a worker that dies just then leaves it so for good.

Mistake in: claim_next_job
Must fail: A6
"""

from infra import Job, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Take the job out of everybody's reach, then hand it to this worker."""
    taken = await execute_sql(
        """
        UPDATE jobs
        SET status = 'failed', error_message = 'claimed, not started'
        WHERE id = (
            SELECT id FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at
            LIMIT 1
        )
        RETURNING *
        """,
        [now()],
        Job,
    )
    if not taken:
        return None
    job = taken[0]
    job.status = JobStatus.PROCESSING
    job.error_message = None
    job.worker_id = current_worker_id()
    job.started_at = now()
    await job.save()
    return job
