"""Signs with an id of its own making instead of current_worker_id(): nobody knows that worker.

Mistake in: claim_next_job
Must fail: A1
"""

import uuid

from infra import Job, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

WORKER_ID = f"worker-{uuid.uuid4().hex[:8]}"

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
    """Pick and mark a job in one statement."""
    claimed = await execute_sql(CLAIM, [WORKER_ID, now(), now()], Job)
    return claimed[0] if claimed else None
