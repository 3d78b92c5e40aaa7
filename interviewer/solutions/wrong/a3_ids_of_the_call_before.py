"""Tries ids that an earlier call has read, and asks only whether they are pending: a job that was put off
for two days meanwhile is claimed at once.

Mistake in: claim_next_job
Must fail: A3
"""

from collections import deque

from infra import Job, JobModel, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

READ_AHEAD = 20

_ids: deque[int] = deque()


async def claim_next_job() -> Job | None:
    """Take the first of the ids that is still free; read on when they are used up."""
    while True:
        if not _ids and not await _read_ahead():
            return None
        job_id = _ids.popleft()
        won = await JobModel.filter(id=job_id, status="pending").update(
            status=JobStatus.PROCESSING, worker_id=current_worker_id(), started_at=now()
        )
        if won:
            return await JobModel.get(id=job_id)


async def _read_ahead() -> bool:
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
    return bool(rows)
