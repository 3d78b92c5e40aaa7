"""Uses the result of first() without asking whether it is None: an empty queue raises.

Mistake in: claim_next_job
Must fail: A2
"""

from infra import Job, JobStatus, current_worker_id, execute_sql, now, transaction
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

DUE = """
    SELECT * FROM jobs
    WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
    ORDER BY created_at
    LIMIT 1
"""


async def claim_next_job() -> Job | None:
    """Take the oldest due job inside a transaction, so that nobody else can."""
    async with transaction():
        job = next(iter(await execute_sql(DUE, [now()], Job)), None)
        job.status = JobStatus.PROCESSING
        job.worker_id = current_worker_id()
        job.started_at = now()
        await job.save()
        return job
