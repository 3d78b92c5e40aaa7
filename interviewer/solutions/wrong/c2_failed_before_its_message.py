"""Two updates: a crash between them leaves a failed job without a message.

Mistake in: send_email_step
Must fail: C2
"""

from candidate.helpers import sleep
from infra import InvalidEmailError, Job, SendGridError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def send_email_step(job):
    row = await Job.get(id=job.id)
    if row.status == "failed":
        return False
    if row.current_step != "send_email" or row.status == "completed":
        return True

    for i in range(3):
        try:
            await send_email(job.customer_email, "Hello", f"job-{job.id}")
            return True
        except InvalidEmailError as e:
            await Job.filter(id=job.id, status="processing", current_step="send_email").update(
                status="failed"
            )
            await Job.filter(id=job.id, status="failed").update(error_message=str(e))
            return False
        except SendGridError as e:
            await sleep(getattr(e, "retry_after", 1) or 1)
    await Job.filter(
        id=job.id, status="processing", current_step="send_email", worker_id=job.worker_id
    ).update(status="pending", worker_id=None, retry_count=row.retry_count + 1)
    return False
