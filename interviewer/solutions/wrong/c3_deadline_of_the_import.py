"""Has its deadline from a default argument: five minutes after the start of the process it is over.

Mistake in: send_email_step
Must fail: C3
"""

from datetime import datetime, timedelta

from candidate.helpers import generate_idempotency_key, sleep
from infra import InvalidEmailError, Job, RateLimitError, TimeoutError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

PATIENCE = timedelta(minutes=5)


async def send_email_step(job: Job, deadline: datetime = now() + PATIENCE) -> bool:
    """Try every ten seconds for five minutes, then give up."""
    key = generate_idempotency_key(job.id, "send_email")
    while True:
        try:
            await send_email(job.customer_email, "Hello! Just reply.", key)
            return True
        except InvalidEmailError as error:
            await _fail(job, error)
            return False
        except (RateLimitError, TimeoutError) as error:
            if now() > deadline:
                await _fail(job, error)
                return False
            await sleep(max(10.0, getattr(error, "retry_after", 0.0)))


async def _fail(job: Job, error: Exception) -> None:
    await Job.filter(id=job.id, status="processing", worker_id=job.worker_id).update(
        status="failed", error_message=str(error)
    )
