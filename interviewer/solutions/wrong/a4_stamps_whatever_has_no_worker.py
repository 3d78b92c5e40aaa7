"""Takes a job, and stamps whatever is taken and has no worker yet: also what another one just took.

Mistake in: claim_next_job
Must fail: A4
"""

from infra import Job, JobModel, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

TAKE = """
    UPDATE jobs
    SET status = 'processing', worker_id = NULL, started_at = ?
    WHERE id = (
        SELECT id FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY scheduled_for
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    taken = await execute_sql(TAKE, [now(), now()], Job)
    if not taken:
        return None
    await JobModel.filter(status=JobStatus.PROCESSING, worker_id__isnull=True).update(
        worker_id=current_worker_id()
    )
    return await Job.get(id=taken[0].id)
