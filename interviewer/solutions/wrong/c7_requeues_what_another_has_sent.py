"""After five tries it puts the job back by its id alone, whoever has sent and finished it meanwhile.

Mistake in: send_email_step
Must fail: C7
"""

from candidate.helpers import generate_idempotency_key, sleep
from infra import InvalidEmailError, Job, JobStatus, JobStepName, SendGridError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

TRIES = 5


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if row.current_step != JobStepName.SEND_EMAIL or row.status != JobStatus.PROCESSING:
        return row.current_step != JobStepName.SEND_EMAIL
    key = generate_idempotency_key(job.id, "send_email")
    for number in range(1, TRIES + 1):
        try:
            await send_email(job.customer_email, "Hello!", key)
            return True
        except InvalidEmailError as error:
            await Job.filter(id=job.id).update(status=JobStatus.FAILED, error_message=str(error))
            return False
        except SendGridError as error:
            last = error
        await sleep(number)
    await Job.filter(id=job.id).update(
        status=JobStatus.PENDING,
        worker_id=None,
        retry_count=row.retry_count + 1,
        error_message=str(last),
    )
    return False
