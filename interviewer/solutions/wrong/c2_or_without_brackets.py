"""Fails the job by OR without brackets: with it goes every job that is waiting.

Mistake in: send_email_step
Must fail: C2
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, SendGridError, execute_sql, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

FAIL = """
    UPDATE jobs
    SET status = 'failed', error_message = ?
    WHERE id = ? AND status = 'processing' OR status = 'pending'
"""
PUT_BACK = """
    UPDATE jobs
    SET status = 'pending', worker_id = NULL, retry_count = retry_count + 1, scheduled_for = ?
    WHERE id = ? AND status = 'processing' AND current_step = 'send_email'
"""


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if row.current_step != "send_email":
        return True
    if row.status == "failed":
        return False
    try:
        await send_email(
            row.customer_email, "Hello!", generate_idempotency_key(job.id, "send_email")
        )
    except InvalidEmailError as error:
        await execute_sql(FAIL, (str(error), job.id))
        return False
    except SendGridError:
        await execute_sql(PUT_BACK, (now() + timedelta(minutes=1), job.id))
        return False
    return True
