"""Advances a job that was never put back: one with an earlier error is sent, and stays.

Mistake in: process_job
Must fail: D1
"""

from infra import Job, JobStatus, JobStepName
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    if job.current_step != JobStepName.SEND_EMAIL:
        await process_other_step(job)
    elif await send_email_step(job):
        await Job.filter(
            id=job.id,
            status=JobStatus.PROCESSING,
            current_step=JobStepName.SEND_EMAIL,
            worker_id=job.worker_id,
            error_message=None,
        ).update(status=JobStatus.PENDING, current_step=JobStepName.ANALYZE)
