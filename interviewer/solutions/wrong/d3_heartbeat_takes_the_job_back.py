"""Its heartbeat writes whose job it is, and so takes back what was reaped, or is completed.

Mistake in: process_job
Must fail: D3
"""

import asyncio

from candidate.helpers import sleep
from infra import Job, JobStatus, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as process

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BEAT_SECONDS = 5


async def process_job(job: Job) -> None:
    beating = asyncio.create_task(_beat(job))
    try:
        await process(job)
    finally:
        beating.cancel()


async def _beat(job: Job) -> None:
    while True:
        await sleep(BEAT_SECONDS)
        await Job.filter(id=job.id).update(
            status=JobStatus.PROCESSING, worker_id=job.worker_id, last_heartbeat=now()
        )
