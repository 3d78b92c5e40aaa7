"""Reads the row, and looks at its step only: an old copy of a failed job has its address tried again.

Mistake in: send_email_step
Must fail: C2
"""

from candidate.helpers import generate_idempotency_key, sleep
from infra import InvalidEmailError, Job, JobStatus, JobStepName, SendGridError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."
TRIES = 3


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if row.current_step != JobStepName.SEND_EMAIL:
        return True
    mine = Job.filter(id=job.id, status=JobStatus.PROCESSING, worker_id=job.worker_id)
    for seconds in range(1, TRIES + 1):
        try:
            await send_email(
                row.customer_email, BODY, generate_idempotency_key(job.id, "send_email")
            )
            return True
        except InvalidEmailError as error:
            await mine.update(status=JobStatus.FAILED, error_message=str(error))
            return False
        except SendGridError:
            await sleep(seconds)
    await mine.update(status=JobStatus.PENDING, retry_count=row.retry_count + 1)
    return False
