"""Stamps the job with a name written in the code: every worker is the same one.

Mistake in: claim_next_job
Must fail: A1
"""

from infra import Job, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job():
    r = await execute_sql(
        "UPDATE jobs SET status='processing', worker_id=?, started_at=? WHERE id=(SELECT id FROM jobs WHERE status='pending' AND (scheduled_for IS NULL OR scheduled_for<=?) LIMIT 1) RETURNING *",
        ["worker-1", now(), now()],
        Job,
    )
    return r[0] if r else None
