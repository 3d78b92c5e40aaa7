"""Records the send by an INSERT: when another worker has recorded it meanwhile, the call raises.

Mistake in: send_email_step
Must fail: C4
"""

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, JobStatus, JobStep, JobStepName, SendGridError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if await JobStep.filter(job_id=job.id, step_name=JobStepName.SEND_EMAIL).exists():
        return True
    if row.status == JobStatus.FAILED:
        return False
    mine = Job.filter(id=job.id, status=JobStatus.PROCESSING, worker_id=job.worker_id)
    try:
        await send_email(row.customer_email, BODY, generate_idempotency_key(job.id, "send_email"))
    except InvalidEmailError as error:
        await mine.update(status=JobStatus.FAILED, error_message=str(error))
        return False
    except SendGridError:
        await mine.update(status=JobStatus.PENDING, retry_count=row.retry_count + 1)
        return False
    await JobStep.create(job_id=job.id, step_name=JobStepName.SEND_EMAIL, status="completed")
    return True
