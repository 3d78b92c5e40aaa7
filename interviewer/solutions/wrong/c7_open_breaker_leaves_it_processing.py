"""Does not try for a minute after an error, and leaves the job as it is: processing.

Mistake in: send_email_step
Must fail: C7
"""

from datetime import datetime, timedelta

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, JobStatus, RateLimitError, TimeoutError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."
PAUSE = timedelta(minutes=1)

_closed_again_at: datetime | None = None


async def send_email_step(job: Job) -> bool:
    global _closed_again_at
    if _closed_again_at and now() < _closed_again_at:
        return False
    row = await Job.get(id=job.id)
    if row.current_step != "send_email" or row.status != JobStatus.PROCESSING:
        return row.current_step != "send_email"
    mine = Job.filter(id=job.id, status=JobStatus.PROCESSING, worker_id=job.worker_id)
    retries = row.retry_count + 1
    try:
        await send_email(row.customer_email, BODY, generate_idempotency_key(job.id, "send_email"))
        return True
    except InvalidEmailError as error:
        await mine.update(status=JobStatus.FAILED, error_message=str(error))
    except RateLimitError as error:
        due = now() + timedelta(seconds=error.retry_after)
        await mine.update(status=JobStatus.PENDING, retry_count=retries, scheduled_for=due)
    except TimeoutError:
        _closed_again_at = due = now() + PAUSE
        await mine.update(status=JobStatus.PENDING, retry_count=retries, scheduled_for=due)
    return False
