"""Has a table of fifteen delays: the sixteenth failed claim asks for one that is not there.

Mistake in: send_email_step
Must fail: C7
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, JobStatus, SendGridError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

DELAYS_MINUTES = (1, 1, 2, 2, 5, 5, 10, 10, 15, 15, 20, 20, 30, 30, 60)


async def send_email_step(job: Job) -> bool:
    claimed = Job.filter(id=job.id, status=JobStatus.PROCESSING, worker_id=job.worker_id)
    try:
        await send_email(
            job.customer_email, "Hello!", generate_idempotency_key(job.id, "send_email")
        )
    except InvalidEmailError as error:
        await claimed.update(status=JobStatus.FAILED, error_message=str(error))
        return False
    except SendGridError as error:
        await claimed.update(
            status=JobStatus.PENDING,
            worker_id=None,
            retry_count=job.retry_count + 1,
            scheduled_for=now() + timedelta(minutes=DELAYS_MINUTES[job.retry_count]),
            error_message=str(error),
        )
        return False
    return True
