"""Cuts the key to forty characters: with a long address the id at its end is lost.

Mistake in: send_email_step
Must fail: C5
"""

from infra import InvalidEmailError, Job, JobStatus, SendGridError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."
KEY_LENGTH_MAX = 40


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if row.current_step != "send_email" or row.status != JobStatus.PROCESSING:
        return row.current_step != "send_email"
    mine = Job.filter(id=job.id, status=JobStatus.PROCESSING, worker_id=job.worker_id)
    key = f"{row.customer_email}:{row.campaign_id}:{row.id}"[:KEY_LENGTH_MAX]
    try:
        await send_email(row.customer_email, BODY, key)
    except InvalidEmailError as error:
        await mine.update(status=JobStatus.FAILED, error_message=str(error))
    except SendGridError:
        await mine.update(status=JobStatus.PENDING, retry_count=row.retry_count + 1)
    else:
        return True
    return False
