"""Counts timeouts only: as long as SendGrid limits it, the call goes on, be it for ever.

Mistake in: send_email_step
Must fail: C7
"""

from candidate.helpers import generate_idempotency_key, sleep
from infra import InvalidEmailError, Job, JobStatus, RateLimitError, TimeoutError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."
TIMEOUTS_MAX = 3


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if row.status != JobStatus.PROCESSING:
        return row.status != JobStatus.FAILED
    mine = Job.filter(id=job.id, status=JobStatus.PROCESSING, worker_id=job.worker_id)
    timeouts = 0
    while timeouts < TIMEOUTS_MAX:
        try:
            await send_email(
                row.customer_email, BODY, generate_idempotency_key(job.id, "send_email")
            )
            return True
        except InvalidEmailError as error:
            await mine.update(status=JobStatus.FAILED, error_message=str(error))
            return False
        except RateLimitError as error:
            await sleep(error.retry_after)
        except TimeoutError:
            timeouts += 1
            await sleep(timeouts)
    await mine.update(status=JobStatus.PENDING, retry_count=row.retry_count + 1)
    return False
