"""Counts the wait that SendGrid asks for in whole seconds: half a second is no wait at all.

Mistake in: send_email_step
Must fail: C7
"""

from candidate.helpers import generate_idempotency_key, sleep
from infra import InvalidEmailError, Job, RateLimitError, TimeoutError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

TRIES = 6


async def send_email_step(job: Job) -> bool:
    """A few tries, then the job is given up."""
    key = generate_idempotency_key(job.id, "send_email")
    message = ""
    for tries in range(TRIES):
        try:
            await send_email(job.customer_email, "Hello! Just reply.", key)
            return True
        except InvalidEmailError as error:
            message = str(error)
            break
        except RateLimitError as error:
            message, seconds = str(error), int(error.retry_after)
        except TimeoutError as error:
            message, seconds = str(error), 2**tries
        if tries + 1 < TRIES:
            await sleep(seconds)
    await Job.filter(id=job.id, status="processing", worker_id=job.worker_id).update(
        status="failed", error_message=message
    )
    return False
