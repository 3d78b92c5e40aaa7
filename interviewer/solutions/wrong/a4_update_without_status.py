"""Updates by id alone: of two workers that read the same job the second takes it from the first.

Mistake in: claim_next_job
Must fail: A4
"""

from infra import Job, JobModel, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Read the oldest job that is due, and mark it with one update."""
    jobs = await execute_sql(
        """
        SELECT id FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT 1
        """,
        [now()],
    )
    if not jobs:
        return None
    job_id = jobs[0]["id"]
    await JobModel.filter(id=job_id).update(
        status="processing", worker_id=current_worker_id(), started_at=now()
    )
    return await JobModel.get(id=job_id)
