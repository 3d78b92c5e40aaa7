"""Updates every job that is due and returns the first: the others are processing, and nobody's.

Mistake in: claim_next_job
Must fail: A3
Also fails: A7
"""

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Mark and read in one statement."""
    moment = now()
    claimed = await execute_sql(
        """
        UPDATE jobs
        SET status = 'processing', worker_id = ?, started_at = ?
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        RETURNING *
        """,
        [current_worker_id(), moment, moment],
        Job,
    )
    return claimed[0] if claimed else None
