"""Goes on behind the last id that it took: a job that comes back with a smaller id is never found.

Mistake in: claim_next_job
Must fail: A5
"""

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

NEXT_DUE = """
    SELECT *
    FROM jobs
    WHERE status = 'pending'
      AND (scheduled_for IS NULL OR scheduled_for <= ?)
      AND id > ?
    ORDER BY id
    LIMIT 1
"""

_last_id = 0


async def claim_next_job() -> Job | None:
    """Take the next due job by compare-and-set; what lies before it needs no second look."""
    global _last_id
    while found := await execute_sql(NEXT_DUE, [now(), _last_id], Job):
        job = found[0]
        _last_id = job.id
        if await Job.filter(id=job.id, status="pending").update(
            status="processing", worker_id=current_worker_id(), started_at=now()
        ):
            await job.refresh()
            return job
    return None
