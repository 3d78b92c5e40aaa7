"""The compare-and-set asks whether the job is being processed, not whether it is pending: one that was
completed since it was read is taken again.

Mistake in: claim_next_job
Must fail: A4
"""

from infra import Job, JobModel, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Take the oldest due job unless somebody has begun it; go on until one is ours."""
    while found := await execute_sql(
        """
        SELECT * FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT 1
        """,
        [now()],
        Job,
    ):
        job = found[0]
        won = await JobModel.filter(id=job.id, status__ne=JobStatus.PROCESSING).update(
            status=JobStatus.PROCESSING, worker_id=current_worker_id(), started_at=now()
        )
        if won:
            await job.refresh()
            return job
    return None
