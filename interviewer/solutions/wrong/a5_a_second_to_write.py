"""Gives up with None when it could not write within a second: a bulk insert of somebody else's takes longer
than that, with jobs pending.

Mistake in: claim_next_job
Must fail: A5
"""

import asyncio

from infra import Job, JobModel, JobStatus, current_worker_id, now, transaction
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Claim the oldest due job in a transaction, without holding up the worker."""
    try:
        return await asyncio.wait_for(_claim(), timeout=1)
    except TimeoutError:
        return None


async def _claim() -> Job | None:
    async with transaction():
        for due in ({"scheduled_for__isnull": True}, {"scheduled_for__lte": now()}):
            waiting = JobModel.filter(status="pending", **due)
            job = await waiting.order_by("created_at").first()
            if job:
                job.status, job.worker_id = JobStatus.PROCESSING, current_worker_id()
                job.started_at = now()
                await job.save()
                return job
    return None
