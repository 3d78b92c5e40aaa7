"""Picks one of ten at random and saves it: collisions are rarer, and still happen.

Mistake in: claim_next_job
Must fail: A4
"""

import random

from infra import Job, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Spread the workers over the queue, so that they do not meet."""
    jobs = await execute_sql(
        """
        SELECT * FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT 10
        """,
        [now()],
        Job,
    )
    if not jobs:
        return None
    job = random.choice(jobs)
    job.status = JobStatus.PROCESSING
    job.worker_id = current_worker_id()
    job.started_at = now()
    await job.save()
    return job
