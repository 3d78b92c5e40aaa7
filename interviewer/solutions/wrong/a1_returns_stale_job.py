"""Returns the job as it was read before the update: still pending, without worker and start.

Mistake in: claim_next_job
Must fail: A1
"""

from infra import Job, JobModel, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Take the oldest due job by compare-and-set; go on until one is ours."""
    while True:
        candidates = await execute_sql(
            """
            SELECT * FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at
            LIMIT 1
            """,
            [now()],
            Job,
        )
        if not candidates:
            return None
        job = candidates[0]
        claimed = await JobModel.filter(id=job.id, status="pending").update(
            status="processing", worker_id=current_worker_id(), started_at=now()
        )
        if claimed == 1:
            return job
