"""Skips as many jobs as its number says: with fewer jobs left than that, it finds none.

Mistake in: claim_next_job
Must fail: A5
"""

import zlib

from infra import Job, JobModel, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

WORKERS = 20

CANDIDATE = """
    SELECT * FROM jobs
    WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
    ORDER BY created_at
    LIMIT 1 OFFSET ?
"""


async def claim_next_job() -> Job | None:
    """Start at a place of our own, so that workers do not meet; then compare-and-set."""
    me = current_worker_id()
    offset = zlib.crc32(me.encode()) % WORKERS
    while True:
        jobs = await execute_sql(CANDIDATE, [now(), offset], Job)
        if not jobs:
            return None
        won = await JobModel.filter(id=jobs[0].id, status="pending").update(
            status="processing", worker_id=me, started_at=now()
        )
        if won:
            return await JobModel.get(id=jobs[0].id)
