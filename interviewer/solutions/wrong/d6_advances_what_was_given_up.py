"""Goes by the step alone when it advances: what was given up meanwhile comes to life again.

Mistake in: process_job
Must fail: D6
"""

from candidate.helpers import get_next_step
from infra import Job, JobStatus, JobStepName
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    if job.current_step != JobStepName.SEND_EMAIL:
        await process_other_step(job)
        return
    row = await Job.get(id=job.id)
    if row.status != JobStatus.PROCESSING or row.worker_id != job.worker_id:
        return
    if await send_email_step(job):
        await Job.filter(id=job.id, current_step=job.current_step).update(
            current_step=get_next_step(job.current_step),
            status=JobStatus.PENDING,
            worker_id=None,
        )
