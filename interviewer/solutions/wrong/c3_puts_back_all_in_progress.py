"""Puts back whatever is being sent after a rate limit, the jobs of other workers too.

Mistake in: send_email_step
Must fail: C3
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key
from infra import (
    InvalidEmailError,
    Job,
    RateLimitError,
    TimeoutError,
    execute_sql,
    now,
    send_email,
)
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

FAIL = "UPDATE jobs SET status = 'failed', error_message = ? WHERE id = ? AND status = 'processing'"
PUT_BACK = """
    UPDATE jobs
    SET status = 'pending', worker_id = NULL, retry_count = retry_count + 1, scheduled_for = ?
    WHERE status = 'processing' AND current_step = 'send_email'
"""


async def send_email_step(job: Job) -> bool:
    try:
        await send_email(
            job.customer_email, "Hello!", generate_idempotency_key(job.id, "send_email")
        )
    except InvalidEmailError as error:
        await execute_sql(FAIL, (str(error), job.id))
        return False
    except RateLimitError as error:
        await execute_sql(PUT_BACK, (now() + timedelta(seconds=error.retry_after),))
        return False
    except TimeoutError:
        await execute_sql(f"{PUT_BACK} AND id = ?", (now() + timedelta(minutes=1), job.id))
        return False
    return True
