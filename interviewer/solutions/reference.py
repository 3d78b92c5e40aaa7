"""The reference answer: what we would be proud to see after an hour.

Three ideas carry it. A claim, and each change of a claimed job, is one statement that also checks
that nobody was faster (compare-and-set), so nothing has to be locked while an API is called. The
email's idempotency key depends on the job alone, so trying again is always safe. And what a step
has found out is committed together with the advance, so a crash leaves it done or not done.
"""

import json
from datetime import datetime, timedelta
from typing import cast

from candidate.helpers import Action, generate_idempotency_key, get_next_step, route, sleep
from infra import (
    ExternalApiError,
    InvalidEmailError,
    Job,
    JobStatus,
    JobStep,
    JobStepName,
    JobStepStatus,
    RateLimitError,
    SendGridError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)
from infra.orm import QuerySet
from infra.services import Sentiment

BODY = "Hello! We have something new for you. Would you like to hear more? Just reply."

TRIES_PER_CALL = 3
FIRST_WAIT_SECONDS = 1.0
RETRIES_MAX = 5
FIRST_RETRY = timedelta(minutes=1)
REPLY_WAIT = timedelta(hours=48)

# If the job that is due first is not due yet, none is: only one entry of an index is read, however
# many jobs wait for their 48 hours to pass. The row lock is for PostgreSQL; SQLite has one writer.
CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id = (
        SELECT id
        FROM jobs
        WHERE status = 'pending'
        ORDER BY scheduled_for NULLS FIRST
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
    AND (scheduled_for IS NULL OR scheduled_for <= ?)
    RETURNING *
"""

CREATE = """
    INSERT INTO jobs (campaign_id, customer_email)
    SELECT ?, value
    FROM json_each(?)
"""


async def claim_next_job() -> Job | None:
    """Task A: find a job and take it, in one statement."""
    moment = now()
    claimed = await execute_sql(CLAIM, [current_worker_id(), moment, moment], Job)
    return claimed[0] if claimed else None


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Task B: all jobs in one statement, so in one round trip and all or none.

    A customer who is listed twice is still one customer.
    """
    addresses = json.dumps(list(dict.fromkeys(customer_emails)))
    return (await execute_sql(CREATE, [campaign_id, addresses])).rowcount


async def send_email_step(job: Job) -> bool:
    """Task C: a few tries now; after those the job is put back, for a later claim."""
    row = await Job.get(id=job.id)
    if row.current_step != JobStepName.SEND_EMAIL or row.status == JobStatus.COMPLETED:
        # Sent long ago, perhaps longer than the 24 hours that SendGrid remembers a key.
        return True
    if row.status == JobStatus.FAILED:
        return False

    try:
        await _send_with_retries(job)
    except InvalidEmailError as error:
        await _fail(job, error)
        return False
    except SendGridError as error:
        await _put_back(job, error)
        return False
    return True


async def process_job(job: Job) -> None:
    """Task D: do the step that this claim is for, then advance, unless somebody else has."""
    if job.current_step == JobStepName.SEND_EMAIL:
        if await send_email_step(job):
            await _advance(job, scheduled_for=now() + REPLY_WAIT)
    elif job.current_step == JobStepName.ANALYZE:
        try:
            sentiment = await _sentiment_of_reply(job.customer_email)
        except ExternalApiError as error:
            await _put_back(job, error)
        else:
            await _advance_with(job, {"sentiment": sentiment})
    elif job.current_step == JobStepName.TAKE_ACTION:
        await _advance_with(job, {"action": await _action(job)})


async def _send_with_retries(job: Job) -> None:
    key = generate_idempotency_key(job.id, JobStepName.SEND_EMAIL)
    wait_seconds = FIRST_WAIT_SECONDS
    for tries_left in reversed(range(TRIES_PER_CALL)):
        try:
            await send_email(job.customer_email, BODY, key)
            return
        except InvalidEmailError:
            raise
        except SendGridError as error:
            if not tries_left:
                raise
            asked_seconds = error.retry_after if isinstance(error, RateLimitError) else 0.0
        await sleep(max(wait_seconds, asked_seconds))
        wait_seconds *= 2


async def _sentiment_of_reply(email: str) -> Sentiment | None:
    reply = await fetch_reply(email)
    return None if reply is None else await analyze_sentiment(reply)


async def _action(job: Job) -> Action:
    step = await JobStep.filter(job_id=job.id, step_name=JobStepName.ANALYZE).first()
    output = step.output_data if step else None
    return route(cast(Sentiment | None, (output or {}).get("sentiment")))


def _claimed(job: Job) -> QuerySet[Job]:
    """The job's row, as long as it still is as it was when this worker claimed it."""
    return Job.filter(
        id=job.id,
        status=JobStatus.PROCESSING,
        current_step=job.current_step,
        worker_id=job.worker_id,
    )


async def _advance(job: Job, *, scheduled_for: datetime | None = None) -> bool:
    """Move the claimed job to its next step, unless somebody else has."""
    next_step = get_next_step(job.current_step)
    done = next_step == JobStepName.DONE
    moved = await _claimed(job).update(
        current_step=next_step,
        status=JobStatus.COMPLETED if done else JobStatus.PENDING,
        completed_at=now() if done else None,
        scheduled_for=scheduled_for,
        worker_id=None,
        retry_count=0,
        error_message=None,
    )
    return moved == 1


async def _advance_with(job: Job, output: dict[str, object]) -> None:
    """Advance, and keep what the step has found out: both, or neither."""
    async with transaction():
        if await _advance(job):
            await JobStep.create(
                job_id=job.id,
                step_name=job.current_step,
                status=JobStepStatus.COMPLETED,
                output_data=output,
                started_at=job.started_at,
                completed_at=now(),
            )


async def _put_back(job: Job, error: Exception) -> None:
    """Leave the claimed job for a later claim, twice as late each time, or give it up."""
    if job.retry_count + 1 >= RETRIES_MAX:
        await _fail(job, error)
        return
    await _claimed(job).update(
        status=JobStatus.PENDING,
        worker_id=None,
        retry_count=job.retry_count + 1,
        scheduled_for=now() + FIRST_RETRY * 2**job.retry_count,
        error_message=str(error),
    )


async def _fail(job: Job, error: Exception) -> None:
    await _claimed(job).update(
        status=JobStatus.FAILED, error_message=str(error), completed_at=now()
    )
