"""Catches no error at all: a rate limit escapes, and the job stays processing.

Mistake in: send_email_step
Must fail: C3
Also fails: C2, C4, C7
"""

from candidate.helpers import generate_idempotency_key
from infra import Job, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."


async def send_email_step(job: Job) -> bool:
    await send_email(job.customer_email, BODY, generate_idempotency_key(job.id, "send_email"))
    return True
