"""Takes the first row without looking whether there is one: IndexError when the queue is empty.

Mistake in: claim_next_job
Must fail: A2
"""

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Pick and mark a job in one statement."""
    rows = await execute_sql(
        """
        UPDATE jobs
        SET status = 'processing', worker_id = ?, started_at = ?
        WHERE id = (
            SELECT id FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at
            LIMIT 1
        )
        RETURNING *
        """,
        [current_worker_id(), now(), now()],
        Job,
    )
    return rows[0]
