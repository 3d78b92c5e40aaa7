"""Sends nothing to an address that is like a failed one: for LIKE an underscore is any letter.

Mistake in: send_email_step
Must fail: C2
"""

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, JobStatus, SendGridError, execute_sql, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."
REFUSED = """
    SELECT error_message FROM jobs
    WHERE status = 'failed' AND error_message LIKE '%not an email address%'
      AND customer_email LIKE ?
    LIMIT 1
"""


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if row.current_step != "send_email" or row.status != JobStatus.PROCESSING:
        return row.current_step != "send_email"
    mine = Job.filter(id=job.id, status=JobStatus.PROCESSING, worker_id=job.worker_id)
    refused = await execute_sql(REFUSED, [row.customer_email])
    if refused:
        await mine.update(status=JobStatus.FAILED, error_message=refused[0]["error_message"])
        return False
    try:
        await send_email(row.customer_email, BODY, generate_idempotency_key(job.id, "send_email"))
    except InvalidEmailError as error:
        await mine.update(status=JobStatus.FAILED, error_message=str(error))
    except SendGridError:
        await mine.update(status=JobStatus.PENDING, retry_count=row.retry_count + 1)
    else:
        return True
    return False
