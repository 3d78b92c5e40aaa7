"""Waits longer after each lost race, and goes home after the third.

Mistake in: claim_next_job
Must fail: A5
"""

from candidate.helpers import sleep
from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job():
    for i in range(3):
        r = await execute_sql(
            "SELECT * FROM jobs WHERE status='pending' AND (scheduled_for IS NULL OR scheduled_for<=?) ORDER BY id LIMIT 1",
            [now()],
            Job,
        )
        if not r:
            return None
        if await Job.filter(id=r[0].id, status="pending").update(
            status="processing", worker_id=current_worker_id(), started_at=now()
        ):
            return await Job.get(id=r[0].id)
        await sleep(0.01 * 2**i)
    return None
