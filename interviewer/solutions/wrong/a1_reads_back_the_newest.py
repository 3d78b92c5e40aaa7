"""Reads back the job that this worker began last: `CURRENT_TIMESTAMP` has whole seconds, so of two that it
claimed in one second it may be the other.

Mistake in: claim_next_job
Must fail: A1
"""

from infra import Job, JobModel, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Mark a job in one statement, then load the newest of this worker's."""
    me = current_worker_id()
    marked = await execute_sql(
        """
        UPDATE jobs
        SET status = 'processing', worker_id = ?, started_at = CURRENT_TIMESTAMP
        WHERE id = (
            SELECT id FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at
            LIMIT 1
        )
        """,
        [me, now()],
    )
    if marked.rowcount == 0:
        return None
    mine = JobModel.filter(worker_id=me, status="processing")
    return await mine.order_by("-started_at").first()
