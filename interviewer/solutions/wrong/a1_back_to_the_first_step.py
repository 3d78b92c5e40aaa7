"""Takes a job back to its first step with the claim.

Mistake in: claim_next_job
Must fail: A1
"""

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job():
    r = await execute_sql(
        "UPDATE jobs SET status='processing', worker_id=?, started_at=?, current_step='send_email' WHERE id=(SELECT id FROM jobs WHERE status='pending' AND (scheduled_for IS NULL OR scheduled_for<=?) LIMIT 1) RETURNING *",
        [current_worker_id(), now(), now()],
        Job,
    )
    return r[0] if r else None
