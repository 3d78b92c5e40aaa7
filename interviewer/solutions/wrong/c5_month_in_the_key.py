"""The key has the month in it: what is tried again on the first is another email to SendGrid.

Mistake in: send_email_step
Must fail: C5
"""

from datetime import timedelta

from infra import InvalidEmailError, Job, SendGridError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."


async def send_email_step(job: Job) -> bool:
    """One try; after an error the job is for a later claim."""
    row = await Job.get(id=job.id)
    if row.current_step != "send_email":
        return True
    if row.status == "failed":
        return False
    try:
        await send_email(row.customer_email, BODY, f"welcome-{job.id}-{now():%Y-%m}")
    except InvalidEmailError as error:
        await _claimed(job).update(status="failed", error_message=str(error))
        return False
    except SendGridError:
        await _claimed(job).update(
            status="pending",
            worker_id=None,
            retry_count=row.retry_count + 1,
            scheduled_for=now() + timedelta(minutes=1),
        )
        return False
    return True


def _claimed(job: Job):
    """The row, as long as this worker still has it for the email."""
    return Job.filter(
        id=job.id, status="processing", current_step="send_email", worker_id=job.worker_id
    )
