"""Saves its own id and reads it back to see who won: both may read before the other has written.

Mistake in: claim_next_job
Must fail: A4
"""

from infra import Job, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Sign the oldest due job; whoever's name is on it afterwards has it."""
    me = current_worker_id()
    while True:
        jobs = await execute_sql(
            """
            SELECT * FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at
            LIMIT 1
            """,
            [now()],
            Job,
        )
        if not jobs:
            return None
        job = jobs[0]
        job.status = JobStatus.PROCESSING
        job.worker_id = me
        job.started_at = now()
        await job.save()
        await job.refresh()
        if job.worker_id == me:
            return job
