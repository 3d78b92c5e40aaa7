"""Goes on to the next try while a slow one is still under way; a time limit for the claim.

Before each further try it waits. All tries have one key, so it does not matter which of them arrive,
and no call ends before each of its tries has an answer. The limit is longer than any statement takes.
"""

import asyncio

from candidate.helpers import generate_idempotency_key
from infra import InvalidEmailError, Job, SendGridError, send_email
from interviewer.solutions import reference
from interviewer.solutions.reference import create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."
CLAIM_SECONDS = 30
SLOW_SECONDS = 3
TRIES = 3


async def claim_next_job() -> Job | None:
    """Claim as the reference does, within a time limit."""
    return await asyncio.wait_for(reference.claim_next_job(), CLAIM_SECONDS)


async def send_email_step(job: Job) -> bool:
    """Try three times, and leave the job pending when no try has gone well."""
    row = await Job.get(id=job.id)
    if row.current_step != "send_email" or row.status != "processing":
        return row.current_step != "send_email"

    key = generate_idempotency_key(job.id, "send_email")
    tries: list[asyncio.Task[str]] = []
    for number in range(TRIES):
        await asyncio.sleep(2 * number)
        tries.append(asyncio.create_task(send_email(row.customer_email, BODY, key)))
        await asyncio.wait(tries[-1:], timeout=SLOW_SECONDS)
        if any(map(_is_settled, tries)):
            break

    answers = await asyncio.gather(*tries, return_exceptions=True)
    if any(isinstance(answer, str) for answer in answers):
        return True
    mine = Job.filter(
        id=job.id, status="processing", current_step="send_email", worker_id=job.worker_id
    )
    invalid = [answer for answer in answers if isinstance(answer, InvalidEmailError)]
    if invalid:
        await mine.update(status="failed", error_message=str(invalid[0]))
    else:
        assert all(isinstance(answer, SendGridError) for answer in answers)
        await mine.update(status="pending", worker_id=None, retry_count=row.retry_count + 1)
    return False


def _is_settled(attempt: asyncio.Task[str]) -> bool:
    """Return whether no further try is needed, or of use."""
    if not attempt.done():
        return False
    return attempt.exception() is None or isinstance(attempt.exception(), InvalidEmailError)
