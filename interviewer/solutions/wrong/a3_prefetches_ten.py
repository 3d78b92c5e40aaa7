"""Claims ten jobs at once and keeps nine in memory: rows that nobody asked for are processing.

Mistake in: claim_next_job
Must fail: A3
"""

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BATCH_SIZE = 10

CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id IN (
        SELECT id FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT ?
    )
    RETURNING *
"""

_claimed: list[Job] = []


async def claim_next_job() -> Job | None:
    """Hand out what was claimed before; claim the next ten when that is used up."""
    if not _claimed:
        moment = now()
        params = [current_worker_id(), moment, moment, BATCH_SIZE]
        _claimed.extend(await execute_sql(CLAIM, params, Job))
    return _claimed.pop(0) if _claimed else None
