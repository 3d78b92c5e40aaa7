"""Notes when it began before it looks at the status: its own finished job changes.

Mistake in: process_job
Must fail: D5
"""

from infra import Job, current_worker_id, now
from interviewer.solutions import reference
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    await Job.filter(id=job.id, worker_id=current_worker_id()).update(started_at=now())
    row = await Job.get(id=job.id)
    if row.status == "processing" and row.current_step == job.current_step:
        await reference.process_job(row)
        await Job.filter(id=job.id, status="completed").update(worker_id=current_worker_id())
