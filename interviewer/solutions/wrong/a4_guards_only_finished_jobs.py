"""The guard lets processing through: who comes second takes the job from the worker that has it.

Mistake in: claim_next_job
Must fail: A4
"""

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Take the oldest due job, unless it was finished meanwhile."""
    while True:
        jobs = await execute_sql(
            """
            SELECT * FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at
            LIMIT 1
            """,
            [now()],
            Job,
        )
        if not jobs:
            return None
        taken = await execute_sql(
            """
            UPDATE jobs
            SET status = 'processing', worker_id = ?, started_at = ?
            WHERE id = ? AND status NOT IN ('completed', 'failed')
            RETURNING *
            """,
            [current_worker_id(), now(), jobs[0].id],
            Job,
        )
        if taken:
            return taken[0]
