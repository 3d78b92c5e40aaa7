"""Doubles its wait before it is capped: at the 47th failed claim that is more than a timedelta holds.

Mistake in: send_email_step
Must fail: C7
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, JobStatus, SendGridError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

WAIT_MAX = timedelta(minutes=5)


async def send_email_step(job: Job) -> bool:
    claimed = Job.filter(id=job.id, status=JobStatus.PROCESSING, worker_id=job.worker_id)
    try:
        await send_email(
            job.customer_email, "Hello!", generate_idempotency_key(job.id, "send_email")
        )
    except InvalidEmailError as error:
        await claimed.update(status=JobStatus.FAILED, error_message=str(error))
        return False
    except SendGridError:
        wait = min(timedelta(seconds=2**job.retry_count), WAIT_MAX)
        await claimed.update(
            status=JobStatus.PENDING,
            worker_id=None,
            retry_count=job.retry_count + 1,
            scheduled_for=now() + wait,
        )
        return False
    return True
