"""Calls SendGrid by itself: what is limited or times out escapes, and leaves the job processing.

Mistake in: process_job
Must fail: D6
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, JobStatus, JobStepName, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."


async def process_job(job: Job) -> None:
    if job.current_step != JobStepName.SEND_EMAIL:
        await process_other_step(job)
        return
    mine = Job.filter(
        id=job.id,
        status=JobStatus.PROCESSING,
        current_step=JobStepName.SEND_EMAIL,
        worker_id=job.worker_id,
    )
    if not await mine.exists():
        return
    try:
        await send_email(job.customer_email, BODY, generate_idempotency_key(job.id, "send_email"))
    except InvalidEmailError as error:
        await mine.update(status=JobStatus.FAILED, error_message=str(error))
        return
    await mine.update(
        status=JobStatus.PENDING,
        current_step=JobStepName.ANALYZE,
        scheduled_for=now() + timedelta(hours=48),
    )
