"""Takes every job that nobody processes any more for one that was sent, the failed one too.

Mistake in: send_email_step
Must fail: C2
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, JobStatus, SendGridError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if row.status != JobStatus.PROCESSING:
        return True
    claimed = Job.filter(id=job.id, status=JobStatus.PROCESSING, worker_id=row.worker_id)
    try:
        await send_email(
            row.customer_email, "Hello!", generate_idempotency_key(job.id, "send_email")
        )
    except InvalidEmailError as error:
        await claimed.update(status=JobStatus.FAILED, error_message=str(error))
        return False
    except SendGridError as error:
        await claimed.update(
            status=JobStatus.PENDING,
            worker_id=None,
            retry_count=row.retry_count + 1,
            scheduled_for=now() + timedelta(seconds=30),
            error_message=str(error),
        )
        return False
    return True
