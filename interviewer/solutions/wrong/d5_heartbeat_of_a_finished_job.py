"""Shows its heartbeat before it looks at the job: also that of a job which is finished.

Mistake in: process_job
Must fail: D5
"""

from infra import Job, JobStatus, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as process_claimed

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    await Job.filter(id=job.id).update(last_heartbeat=now())
    row = await Job.get(id=job.id)
    if row.status == JobStatus.PROCESSING:
        await process_claimed(job)
