"""Compares and sets, but does not look at the number of rows: who lost returns the job as well.

Mistake in: claim_next_job
Must fail: A4
"""

from infra import Job, JobModel, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Take the oldest due job by compare-and-set."""
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
    await JobModel.filter(id=job.id, status=JobStatus.PENDING).update(
        status=JobStatus.PROCESSING, worker_id=current_worker_id(), started_at=now()
    )
    await job.refresh()
    return job
