"""When the fourth try to send has failed it fails the job: to give up takes five.

Mistake in: process_job
Must fail: D6
"""

from candidate.helpers import generate_idempotency_key, sleep
from infra import InvalidEmailError, Job, JobStatus, JobStepName, SendGridError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

TRIES = 4


async def process_job(job: Job) -> None:
    row = await Job.get(id=job.id)
    if row.status != JobStatus.PROCESSING or row.current_step != job.current_step:
        return
    if row.current_step != JobStepName.SEND_EMAIL:
        await process_other_step(row)
        return
    held = Job.filter(id=row.id, current_step=row.current_step, worker_id=row.worker_id)
    key = generate_idempotency_key(row.id, row.current_step)
    for number in range(TRIES):
        await sleep(number)
        try:
            await send_email(row.customer_email, "Hello!", key)
        except InvalidEmailError as error:
            await held.update(status=JobStatus.FAILED, error_message=str(error))
            return
        except SendGridError:
            continue
        await held.update(
            status=JobStatus.PENDING, worker_id=None, current_step=JobStepName.ANALYZE
        )
        return
    await held.update(status=JobStatus.FAILED, error_message="not sent")
