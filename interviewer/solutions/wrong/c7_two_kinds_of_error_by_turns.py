"""Counts anew when the kind of error changes: rate limits and timeouts by turns never end.

Mistake in: send_email_step
Must fail: C7
"""

from candidate.helpers import generate_idempotency_key, sleep
from infra import InvalidEmailError, Job, SendGridError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."
TRIES_MAX = 5


async def send_email_step(job: Job) -> bool:
    """Try until the same error has come five times in a row."""
    row = await Job.get(id=job.id)
    if row.current_step != "send_email":
        return True
    if row.status == "failed":
        return False
    last_kind: type[SendGridError] | None = None
    tries = 0
    while True:
        try:
            await send_email(
                row.customer_email, BODY, generate_idempotency_key(job.id, "send_email")
            )
            return True
        except InvalidEmailError as error:
            await _fail(job, error)
            return False
        except SendGridError as error:
            tries = tries + 1 if type(error) is last_kind else 1
            last_kind = type(error)
            if tries == TRIES_MAX:
                await _fail(job, error)
                return False
        await sleep(2**tries)


async def _fail(job: Job, error: Exception) -> None:
    await Job.filter(
        id=job.id, status="processing", current_step="send_email", worker_id=job.worker_id
    ).update(status="failed", error_message=str(error))
