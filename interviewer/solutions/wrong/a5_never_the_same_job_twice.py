"""Remembers every job that it ever tried to take: at its next step this worker takes none of them.

Mistake in: claim_next_job
Must fail: A5
"""

import json

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

FIRST_DUE = """
    SELECT *
    FROM jobs
    WHERE status = 'pending'
      AND (scheduled_for IS NULL OR scheduled_for <= ?)
      AND id NOT IN (SELECT value FROM json_each(?))
    ORDER BY scheduled_for NULLS FIRST
    LIMIT 1
"""

_seen: set[int] = set()


async def claim_next_job() -> Job | None:
    """Take a due job by compare-and-set; one that another worker has won is not tried again."""
    while found := await execute_sql(FIRST_DUE, [now(), json.dumps(sorted(_seen))], Job):
        job = found[0]
        _seen.add(job.id)
        if await Job.filter(id=job.id, status="pending").update(
            status="processing", worker_id=current_worker_id(), started_at=now()
        ):
            await job.refresh()
            return job
    return None
