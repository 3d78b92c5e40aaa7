"""Composes the letters of the address and their accents: another address, for a mail server.

Mistake in: send_email_step
Must fail: C1
"""

import unicodedata

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, JobStatus, SendGridError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if row.current_step != "send_email" or row.status != JobStatus.PROCESSING:
        return row.current_step != "send_email"
    mine = Job.filter(id=job.id, status=JobStatus.PROCESSING, worker_id=job.worker_id)
    address = unicodedata.normalize("NFC", row.customer_email)
    try:
        await send_email(address, BODY, generate_idempotency_key(job.id, "send_email"))
    except InvalidEmailError as error:
        await mine.update(status=JobStatus.FAILED, error_message=str(error))
    except SendGridError:
        await mine.update(status=JobStatus.PENDING, retry_count=row.retry_count + 1)
    else:
        return True
    return False
