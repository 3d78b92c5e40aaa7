"""Makes long-running jobs of other workers pending again before it claims, heartbeat or not.

Mistake in: claim_next_job
Must fail: A3
Also fails: A2
"""

from datetime import timedelta

from infra import Job, JobModel, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

STALLED_AFTER = timedelta(minutes=5)

CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id = (
        SELECT id FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY id
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    """Put stalled jobs back, then pick and mark one in a single statement."""
    moment = now()
    await JobModel.filter(status="processing", started_at__lt=moment - STALLED_AFTER).update(
        status="pending", worker_id=None
    )
    claimed = await execute_sql(CLAIM, [current_worker_id(), moment, moment], Job)
    return claimed[0] if claimed else None
