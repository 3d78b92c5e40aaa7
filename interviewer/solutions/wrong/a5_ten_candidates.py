"""Tries ten candidates and goes home when others have taken them all, with more in the queue.

Mistake in: claim_next_job
Must fail: A5
"""

from infra import Job, JobModel, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Try the ten oldest due jobs, one after another."""
    candidates = await execute_sql(
        """
        SELECT * FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT 10
        """,
        [now()],
        Job,
    )
    for job in candidates:
        won = await JobModel.filter(id=job.id, status=JobStatus.PENDING).update(
            status=JobStatus.PROCESSING, worker_id=current_worker_id(), started_at=now()
        )
        if won:
            await job.refresh()
            return job
    return None
