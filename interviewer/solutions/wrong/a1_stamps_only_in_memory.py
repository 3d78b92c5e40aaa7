"""Only the status is written: worker_id and started_at are set on the object and never saved.

Mistake in: claim_next_job
Must fail: A1
"""

from infra import Job, JobModel, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Take the oldest due job by compare-and-set on its status; go on until one is ours."""
    while True:
        rows = await execute_sql(
            """
            SELECT * FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at
            LIMIT 1
            """,
            [now()],
            Job,
        )
        if not rows:
            return None
        job = rows[0]
        won = await JobModel.filter(id=job.id, status=JobStatus.PENDING).update(
            status=JobStatus.PROCESSING
        )
        if won:
            job.status = JobStatus.PROCESSING
            job.worker_id = current_worker_id()
            job.started_at = now()
            return job
