"""Counts the due jobs and skips a random number of them: each claim reads through the queue twice.

Mistake in: claim_next_job
Must fail: A7
"""

import random

from infra import Job, JobModel, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

DUE = "status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)"


async def claim_next_job() -> Job | None:
    """Start at a random place, so that workers do not meet; then compare-and-set."""
    while True:
        (counted,) = await execute_sql(f"SELECT count(*) AS due FROM jobs WHERE {DUE}", [now()])
        if counted["due"] == 0:
            return None
        place = random.randrange(counted["due"])
        rows = await execute_sql(
            f"SELECT id FROM jobs WHERE {DUE} LIMIT 1 OFFSET ?", [now(), place]
        )
        for row in rows:
            won = await JobModel.filter(id=row["id"], status="pending").update(
                status="processing", worker_id=current_worker_id(), started_at=now()
            )
            if won:
                return await JobModel.get(id=row["id"])
