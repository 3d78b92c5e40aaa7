"""Claims when nobody else's name is in the row: a finished job may have none either.

Mistake in: claim_next_job
Must fail: A4
"""

from infra import Job, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

NEXT = """
    SELECT * FROM jobs
    WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
    ORDER BY created_at, id LIMIT 1
"""


async def claim_next_job() -> Job | None:
    while found := await execute_sql(NEXT, [now()], Job):
        job = found[0]
        mine = {
            "status": JobStatus.PROCESSING,
            "worker_id": current_worker_id(),
            "started_at": now(),
        }
        if await Job.filter(id=job.id, worker_id=job.worker_id).update(**mine):
            return await Job.get(id=job.id)
    return None
