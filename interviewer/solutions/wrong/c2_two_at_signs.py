"""Takes the address apart for a greeting: one with two @ raises an error before SendGrid is asked.

Mistake in: send_email_step
Must fail: C2
"""

from datetime import timedelta

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, SendGridError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def send_email_step(job: Job) -> bool:
    claimed = Job.filter(id=job.id, status="processing", worker_id=job.worker_id)
    try:
        await send_email(
            job.customer_email,
            _body(job.customer_email),
            generate_idempotency_key(job.id, "send_email"),
        )
    except InvalidEmailError as error:
        await claimed.update(status="failed", error_message=str(error))
        return False
    except SendGridError:
        await claimed.update(
            status="pending",
            worker_id=None,
            retry_count=job.retry_count + 1,
            scheduled_for=now() + timedelta(minutes=2),
        )
        return False
    return True


def _body(email: str) -> str:
    if "@" not in email:
        return "Hello!"
    name, domain = email.split("@")
    return f"Hello {name.title()}! What does {domain} think of our news? Just reply."
