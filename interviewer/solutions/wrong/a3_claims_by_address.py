"""Marks by address instead of by id: all the customer's jobs, of other campaigns too, are taken.

Mistake in: claim_next_job
Must fail: A3
Also fails: A7
"""

from infra import Job, JobModel, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Take the oldest due job by compare-and-set; go on until one is ours."""
    while True:
        due = await execute_sql(
            """
            SELECT * FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at
            LIMIT 1
            """,
            [now()],
            Job,
        )
        if not due:
            return None
        job = due[0]
        won = await JobModel.filter(
            customer_email=job.customer_email, status=JobStatus.PENDING
        ).update(status=JobStatus.PROCESSING, worker_id=current_worker_id(), started_at=now())
        if won:
            await job.refresh()
            return job
