"""Asks for the job with get(): when there is none, DoesNotExist escapes.

Mistake in: claim_next_job
Must fail: A2
"""

from infra import Job, JobModel, current_worker_id, execute_sql, now, transaction
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Take the lowest id that is due inside a transaction, so that nobody else can."""
    async with transaction():
        (row,) = await execute_sql(
            """
            SELECT (
                SELECT id FROM jobs
                WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
                ORDER BY id
                LIMIT 1
            ) AS id
            """,
            [now()],
        )
        job = await JobModel.get(id=row["id"])
        job.status = "processing"
        job.worker_id = current_worker_id()
        job.started_at = now()
        await job.save()
    return job
