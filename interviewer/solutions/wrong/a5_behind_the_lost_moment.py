"""After a lost race it looks behind the lost job's `created_at`: all jobs of one bulk insert have the same,
and are left out.

Mistake in: claim_next_job
Must fail: A5
"""

from datetime import UTC, datetime

from infra import Job, JobModel, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Take the oldest due job by compare-and-set; after a lost race, the next one."""
    behind = datetime.min.replace(tzinfo=UTC)
    while found := await execute_sql(
        """
        SELECT * FROM jobs
        WHERE status = 'pending' AND created_at > ?
          AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at
        LIMIT 1
        """,
        [behind, now()],
        Job,
    ):
        job = found[0]
        won = await JobModel.filter(id=job.id, status="pending").update(
            status="processing", worker_id=current_worker_id(), started_at=now()
        )
        if won:
            await job.refresh()
            return job
        behind = job.created_at
    return None
