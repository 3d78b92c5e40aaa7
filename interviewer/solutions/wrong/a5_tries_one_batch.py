"""Reads some candidates, tries each once, and goes home when others were faster each time.

Mistake in: claim_next_job
Must fail: A5
"""

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job():
    for j in await execute_sql(
        "SELECT * FROM jobs WHERE status='pending' AND (scheduled_for IS NULL OR scheduled_for<=?) ORDER BY id LIMIT 10",
        [now()],
        Job,
    ):
        if await Job.filter(id=j.id, status="pending").update(
            status="processing", worker_id=current_worker_id(), started_at=now()
        ):
            return await Job.get(id=j.id)
    return None
