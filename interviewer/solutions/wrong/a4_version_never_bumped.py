"""Takes retry_count for the version of the row, which a claim does not change: both updates match.

Mistake in: claim_next_job
Must fail: A4
"""

from infra import Job, JobModel, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Optimistic locking: write only if the row is as it was read, else look again."""
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
        written = await JobModel.filter(id=job.id, retry_count=job.retry_count).update(
            status=JobStatus.PROCESSING, worker_id=current_worker_id(), started_at=now()
        )
        if written == 1:
            await job.refresh()
            return job
