"""Fails what is being sent, but forgets to say which job: those of other workers fail too.

Mistake in: send_email_step
Must fail: C2
"""

from candidate.helpers import generate_idempotency_key, is_permanent_error
from infra import ExternalApiError, Job, JobStatus, JobStepName, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def send_email_step(job: Job) -> bool:
    key = generate_idempotency_key(job.id, JobStepName.SEND_EMAIL)
    try:
        await send_email(job.customer_email, "Hello! Just reply.", key)
    except ExternalApiError as error:
        if is_permanent_error(error):
            await being_sent(campaign_id=job.campaign_id).update(
                status=JobStatus.FAILED, error_message=str(error)
            )
        else:
            await being_sent(id=job.id).update(
                status=JobStatus.PENDING, worker_id=None, retry_count=job.retry_count + 1
            )
        return False
    return True


def being_sent(**which: int):
    """The jobs that somebody has claimed to send their mail."""
    return Job.filter(**which, status=JobStatus.PROCESSING, current_step=JobStepName.SEND_EMAIL)
