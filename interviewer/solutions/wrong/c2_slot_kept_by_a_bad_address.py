"""Gives its slot back after a mail and after a transient error, but not after a bad address.

Mistake in: send_email_step
Must fail: C2
"""

import asyncio

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, RateLimitError, TimeoutError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

SLOTS = asyncio.Semaphore(10)


async def send_email_step(job: Job) -> bool:
    """One try, at most ten of them at once in this process."""
    claimed = Job.filter(id=job.id, status="processing", worker_id=job.worker_id)
    await SLOTS.acquire()
    try:
        await send_email(
            job.customer_email, "Hello!", generate_idempotency_key(job.id, "send_email")
        )
    except InvalidEmailError as error:
        await claimed.update(status="failed", error_message=str(error))
        return False
    except (RateLimitError, TimeoutError):
        SLOTS.release()
        await claimed.update(status="pending", worker_id=None, retry_count=job.retry_count + 1)
        return False
    SLOTS.release()
    return True
