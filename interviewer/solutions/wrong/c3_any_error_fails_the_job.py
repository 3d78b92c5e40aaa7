"""Fails the job for any error: a rate limit of one second costs a customer the campaign.

Mistake in: send_email_step
Must fail: C3
Also fails: C4
"""

from candidate.helpers import generate_idempotency_key
from infra import Job, JobStatus, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."


async def send_email_step(job: Job) -> bool:
    try:
        await send_email(job.customer_email, BODY, generate_idempotency_key(job.id, "send_email"))
        return True
    except Exception as error:
        await Job.filter(id=job.id, status=JobStatus.PROCESSING).update(
            status=JobStatus.FAILED, error_message=repr(error)
        )
        return False
