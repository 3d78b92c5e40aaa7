"""Takes the whole domain of a bad address for bad: its other customers fail without a try.

Mistake in: send_email_step
Must fail: C2
"""

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, JobStatus, RateLimitError, TimeoutError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BAD_DOMAINS: set[str] = set()


async def send_email_step(job: Job) -> bool:
    domain = job.customer_email.rpartition("@")[2]
    if domain in BAD_DOMAINS:
        await _leave(job, status=JobStatus.FAILED, error_message=f"{domain} is a bad domain")
        return False
    try:
        await send_email(
            job.customer_email, "Hello!", generate_idempotency_key(job.id, "send_email")
        )
    except InvalidEmailError as error:
        BAD_DOMAINS.add(domain)
        await _leave(job, status=JobStatus.FAILED, error_message=str(error))
        return False
    except (RateLimitError, TimeoutError) as error:
        await _leave(
            job,
            status=JobStatus.PENDING,
            retry_count=job.retry_count + 1,
            error_message=str(error),
        )
        return False
    return True


async def _leave(job: Job, **fields: object) -> None:
    await Job.filter(id=job.id, status=JobStatus.PROCESSING, worker_id=job.worker_id).update(
        worker_id=None, **fields
    )
