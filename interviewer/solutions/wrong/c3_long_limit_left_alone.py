"""Comes back at once when SendGrid asks for more than a minute: the job is left processing.

Mistake in: send_email_step
Must fail: C3
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key, sleep
from infra import InvalidEmailError, Job, RateLimitError, TimeoutError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

PATIENCE_SECONDS = 60
TRIES = 3


async def send_email_step(job: Job) -> bool:
    claimed = Job.filter(id=job.id, status="processing", worker_id=job.worker_id)
    key = generate_idempotency_key(job.id, "send_email")
    for tries in range(1, TRIES + 1):
        try:
            await send_email(job.customer_email, "Hello! Would you like to hear more?", key)
            return True
        except InvalidEmailError as error:
            await claimed.update(status="failed", error_message=str(error))
            return False
        except RateLimitError as error:
            if error.retry_after > PATIENCE_SECONDS:
                return False
            seconds = error.retry_after
        except TimeoutError:
            seconds = 2**tries
        if tries < TRIES:
            await sleep(seconds)
    await claimed.update(
        status="pending",
        worker_id=None,
        retry_count=job.retry_count + 1,
        scheduled_for=now() + timedelta(seconds=seconds),
    )
    return False
