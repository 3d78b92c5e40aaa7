"""Writes the address in lower case before it mails: the customer has given another one.

Mistake in: process_job
Must fail: D1
"""

from infra import Job
from interviewer.solutions import reference
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    address = job.customer_email.strip().lower()
    if address != job.customer_email:
        await Job.filter(id=job.id, status="processing").update(customer_email=address)
        job.customer_email = address
    await reference.process_job(job)
