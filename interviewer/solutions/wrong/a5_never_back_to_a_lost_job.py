"""Leaves out each job that it has lost, as long as the call lasts: one that its owner has put back for its
next step is not found.

Mistake in: claim_next_job
Must fail: A5
"""

import json

from infra import Job, JobModel, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Take the oldest due job by compare-and-set; after a lost race, another one."""
    lost: list[int] = []
    while found := await execute_sql(
        """
        SELECT * FROM jobs
        WHERE status = 'pending' AND id NOT IN (SELECT value FROM json_each(?))
          AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT 1
        """,
        [json.dumps(lost), now()],
        Job,
    ):
        job = found[0]
        won = await JobModel.filter(id=job.id, status="pending").update(
            status="processing", worker_id=current_worker_id(), started_at=now()
        )
        if won:
            await job.refresh()
            return job
        lost.append(job.id)
    return None
