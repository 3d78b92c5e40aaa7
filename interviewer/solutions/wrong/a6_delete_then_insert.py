"""Takes the row out and puts it back as processing: a worker that dies in between loses the job.

Mistake in: claim_next_job
Must fail: A6
"""

from infra import Job, JobModel, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

POP = """
    DELETE FROM jobs
    WHERE id = (
        SELECT id FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    """Pop a job off the queue, which only one worker can, then keep it as ours."""
    popped = await execute_sql(POP, [now()], Job)
    if not popped:
        return None
    job = popped[0]
    job.status = JobStatus.PROCESSING
    job.worker_id = current_worker_id()
    job.started_at = now()
    return await JobModel.create(**job.model_dump())
