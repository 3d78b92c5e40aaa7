"""Takes another key from the tenth failed try on, to be sure of a fresh start.

Mistake in: send_email_step
Must fail: C5
"""

from datetime import timedelta

from infra import InvalidEmailError, Job, SendGridError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


def _key(job: Job) -> str:
    return f"{job.id}-again" if job.retry_count >= 10 else f"{job.id}"


async def send_email_step(job: Job) -> bool:
    try:
        await send_email(job.customer_email, "Hello! Just reply.", _key(job))
    except InvalidEmailError as error:
        await _fail(job, error)
        return False
    except SendGridError as error:
        await _put_back(job, error)
        return False
    return True


async def _fail(job: Job, error: Exception) -> None:
    await _claimed(job).update(status="failed", error_message=str(error))


async def _put_back(job: Job, error: Exception) -> None:
    await _claimed(job).update(
        status="pending",
        worker_id=None,
        retry_count=job.retry_count + 1,
        scheduled_for=now() + timedelta(minutes=1),
        error_message=str(error),
    )


def _claimed(job: Job):
    """The row, as long as this worker still has it for the email."""
    return Job.filter(
        id=job.id, status="processing", current_step="send_email", worker_id=job.worker_id
    )
