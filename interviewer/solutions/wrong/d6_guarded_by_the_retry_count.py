"""Guards the advance by the retry_count of its copy, which the tries in between have raised.

Mistake in: process_job
Must fail: D6
"""

from candidate.helpers import generate_idempotency_key, sleep
from infra import InvalidEmailError, Job, RateLimitError, SendGridError, execute_sql, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

TRIES = 7


async def send_email_step(job: Job) -> bool:
    """Try seven times, and count each failure in the row; then leave the job for a later claim."""
    row = await Job.get(id=job.id)
    if row.current_step != "send_email":
        return True
    if row.status == "failed":
        return False
    claimed = Job.filter(id=job.id, current_step="send_email", status="processing")
    for failures in range(TRIES):
        try:
            await send_email(
                job.customer_email, "Hello", generate_idempotency_key(job.id, "send_email")
            )
            return True
        except InvalidEmailError as error:
            await claimed.update(status="failed", error_message=f"Invalid e-mail: {error}")
            return False
        except SendGridError as error:
            await execute_sql(
                "UPDATE jobs SET retry_count = retry_count + 1 "
                "WHERE id = ? AND current_step = 'send_email' AND status = 'processing'",
                [job.id],
            )
            await sleep(error.retry_after if isinstance(error, RateLimitError) else 2**failures)
    await claimed.filter(worker_id=job.worker_id).update(status="pending", worker_id=None)
    return False


async def process_job(job: Job) -> None:
    if job.current_step != "send_email":
        await process_other_step(job)
    elif await send_email_step(job):
        await Job.filter(
            id=job.id,
            current_step="send_email",
            status="processing",
            retry_count=job.retry_count,
        ).update(current_step="analyze", status="pending", worker_id=None, retry_count=0)
