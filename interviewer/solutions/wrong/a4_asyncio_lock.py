"""Only an asyncio.Lock keeps claims apart: it is one process's own, and the workers are many.

Mistake in: claim_next_job
Must fail: A4
"""

import asyncio

from infra import Job, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

_claiming = asyncio.Lock()


async def claim_next_job() -> Job | None:
    """Read and mark under a lock, so that nobody comes in between."""
    async with _claiming:
        jobs = await execute_sql(
            """
            SELECT * FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at
            LIMIT 1
            """,
            [now()],
            Job,
        )
        if not jobs:
            return None
        job = jobs[0]
        job.status = JobStatus.PROCESSING
        job.worker_id = current_worker_id()
        job.started_at = now()
        await job.save()
        return job
