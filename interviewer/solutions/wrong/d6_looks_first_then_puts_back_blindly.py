"""Looks whether the job is its own, but puts it back by id alone after the call.

Mistake in: send_email_step
Must fail: D6
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, SendGridError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

MAX_TRIES = 5


def _claimed(job: Job):
    """The row of what nobody else has: this claim of this job by this worker, at this step."""
    return Job.filter(
        id=job.id,
        worker_id=job.worker_id,
        started_at=job.started_at,
        current_step=job.current_step,
        status="processing",
    )


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if row.current_step != "send_email":
        return True
    if row.status == "failed":
        return False
    tries = row.retry_count + 1
    try:
        await send_email(row.customer_email, "Body", generate_idempotency_key(row.id, "send_email"))
        return True
    except InvalidEmailError as error:
        await _claimed(row).update(status="failed", error_message=f"invalid: {error}")
    except SendGridError as error:
        if tries >= MAX_TRIES:
            await _claimed(row).update(status="failed", error_message=f"gave up: {error}")
        else:
            await Job.filter(id=row.id).update(
                status="pending",
                retry_count=tries,
                worker_id=None,
                scheduled_for=now() + timedelta(seconds=2**tries),
            )
    return False


async def process_job(job: Job) -> None:
    if not await _claimed(job).count():
        return
    if job.current_step != "send_email":
        await process_other_step(job)
    elif await send_email_step(job):
        await _claimed(job).update(
            current_step="analyze", status="pending", worker_id=None, retry_count=0
        )
