"""Keeps a list of pending ids and marks the next one without a look at its status: each worker has
such a list, with the same ids in it.

Mistake in: claim_next_job
Must fail: A4
"""

from collections import deque

from infra import Job, JobModel, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

READ_AHEAD = 100

_ids: deque[int] = deque()


async def claim_next_job() -> Job | None:
    """Mark the next of the jobs that were read ahead; read on when they are used up."""
    if not _ids:
        rows = await execute_sql(
            """
            SELECT id FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at
            LIMIT ?
            """,
            [now(), READ_AHEAD],
        )
        _ids.extend(row["id"] for row in rows)
    if not _ids:
        return None
    job_id = _ids.popleft()
    await JobModel.filter(id=job_id).update(
        status=JobStatus.PROCESSING, worker_id=current_worker_id(), started_at=now()
    )
    return await JobModel.get(id=job_id)
