"""Hands out jobs as an earlier call has read them: one that somebody has moved on to its next step meanwhile
comes back at the step before.

Mistake in: claim_next_job
Must fail: A1
"""

from infra import Job, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

READ_AHEAD = 10

_ahead: list[Job] = []


async def claim_next_job() -> Job | None:
    """Take the first of the jobs read ahead that still is due; read on when they are used up."""
    while True:
        if not _ahead:
            _ahead.extend(await _read_ahead())
        if not _ahead:
            return None
        job = _ahead.pop(0)
        job.worker_id, job.started_at = current_worker_id(), now()
        taken = await execute_sql(
            """
            UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ?
            WHERE id = ? AND status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            """,
            [job.worker_id, job.started_at, job.id, job.started_at],
        )
        if taken.rowcount:
            job.status = JobStatus.PROCESSING
            return job


async def _read_ahead() -> list[Job]:
    return await execute_sql(
        """
        SELECT * FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT ?
        """,
        [now(), READ_AHEAD],
        Job,
    )
