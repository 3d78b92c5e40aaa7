"""Remembers claimed ids in a set of the module: another worker's process has a set of its own.

Mistake in: claim_next_job
Must fail: A4
"""

from infra import Job, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

_claimed: set[int] = set()


async def claim_next_job() -> Job | None:
    """Take the first due job that is not in somebody's hands."""
    jobs = await execute_sql(
        """
        SELECT * FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT 50
        """,
        [now()],
        Job,
    )
    for job in jobs:
        if job.id in _claimed:
            continue
        _claimed.add(job.id)
        job.status = JobStatus.PROCESSING
        job.worker_id = current_worker_id()
        job.started_at = now()
        await job.save()
        _claimed.discard(job.id)
        return job
    return None
