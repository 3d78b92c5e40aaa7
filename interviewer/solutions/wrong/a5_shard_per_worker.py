"""Each worker looks at its own tenth of the ids: it goes home while the others have a queue.

Mistake in: claim_next_job
Must fail: A5
"""

import zlib

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

SHARDS = 10

CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id = (
        SELECT id FROM jobs
        WHERE status = 'pending'
          AND (scheduled_for IS NULL OR scheduled_for <= ?)
          AND id % ? = ?
        ORDER BY id
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    """Pick and mark a job of this worker's shard, so that workers do not meet."""
    me = current_worker_id()
    moment = now()
    shard = zlib.crc32(me.encode()) % SHARDS
    claimed = await execute_sql(CLAIM, [me, moment, moment, SHARDS, shard], Job)
    return claimed[0] if claimed else None
