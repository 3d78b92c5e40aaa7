"""FOR UPDATE SKIP LOCKED outside a transaction: the lock is gone before the job is saved.

Mistake in: claim_next_job
Must fail: A4
"""

from infra import Job, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Lock the oldest due row, then mark it."""
    jobs = await execute_sql(
        """
        SELECT * FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT 1
        FOR UPDATE SKIP LOCKED
        """,
        [now()],
        Job,
    )
    if not jobs:
        return None
    job = jobs[0]
    job.status = JobStatus.PROCESSING
    job.worker_id = current_worker_id()
    job.started_at = now()
    await job.save()
    return job
