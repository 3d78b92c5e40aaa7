"""Pages through the whole queue to find the oldest job: a hundred round trips for one claim.

Mistake in: claim_next_job
Must fail: A7
"""

from infra import Job, JobModel, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

PAGE_SIZE = 500

PAGE = """
    SELECT * FROM jobs
    WHERE status = 'pending'
      AND (scheduled_for IS NULL OR scheduled_for <= ?)
      AND id > ?
    ORDER BY id
    LIMIT ?
"""


async def claim_next_job() -> Job | None:
    """Take the oldest due job by compare-and-set; go on until one is ours."""
    while job := await _oldest():
        won = await JobModel.filter(id=job.id, status="pending").update(
            status="processing", worker_id=current_worker_id(), started_at=now()
        )
        if won:
            await job.refresh()
            return job
    return None


async def _oldest() -> Job | None:
    """Go through the queue page by page, so that memory stays small."""
    oldest: Job | None = None
    last_id = 0
    while page := await execute_sql(PAGE, [now(), last_id, PAGE_SIZE], Job):
        for job in page:
            if oldest is None or job.created_at < oldest.created_at:
                oldest = job
        last_id = page[-1].id
    return oldest
