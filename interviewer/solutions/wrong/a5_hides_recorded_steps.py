"""Leaves out jobs whose step is recorded as completed: a worker that died before it moved such a job on
leaves it to nobody.

Mistake in: claim_next_job
Must fail: A5
"""

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Claim the oldest due job that has something left to do, in one statement."""
    moment = now()
    claimed = await execute_sql(
        """
        UPDATE jobs
        SET status = 'processing', worker_id = ?, started_at = ?
        WHERE id = (
            SELECT id FROM jobs
            WHERE status = 'pending'
              AND (scheduled_for IS NULL OR scheduled_for <= ?)
              AND NOT EXISTS (
                  SELECT 1 FROM job_steps
                  WHERE job_id = jobs.id AND step_name = current_step
                    AND job_steps.status = 'completed'
              )
            ORDER BY created_at
            LIMIT 1
        )
        RETURNING *
        """,
        [current_worker_id(), moment, moment],
        Job,
    )
    return claimed[0] if claimed else None
