"""One UPDATE ... RETURNING claims, retries in place with backoff and jitter, no step rows.

What is done is told by `current_step` alone: each step ends in a compare-and-set on it, so a late
or second worker changes nothing. take_action asks for reply and sentiment once more, as nothing
but the row is kept between the steps.
"""

import logging
import random
from datetime import timedelta

from candidate.helpers import generate_idempotency_key, get_next_step, route, sleep
from infra import (
    InvalidEmailError,
    Job,
    JobModel,
    JobStatus,
    JobStepName,
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

log = logging.getLogger(__name__)

CHUNK = 500
MAX_TRIES = 5
BASE_DELAY = 0.5
MAX_DELAY = 20.0
REPLY_WAIT = timedelta(hours=48)


async def claim_next_job() -> Job | None:
    claimed = await execute_sql(
        """
        UPDATE jobs
        SET status = 'processing', worker_id = ?, started_at = ?
        WHERE id = (
            SELECT id FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at
            LIMIT 1
        )
        RETURNING *
        """,
        (current_worker_id(), now(), now()),
        model=JobModel,
    )
    return claimed[0] if claimed else None


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    async with transaction():
        for start in range(0, len(customer_emails), CHUNK):
            chunk = customer_emails[start : start + CHUNK]
            params: list[object] = []
            for email in chunk:
                params += (campaign_id, email)
            places = ", ".join(["(?, ?)"] * len(chunk))
            await execute_sql(
                f"INSERT INTO jobs (campaign_id, customer_email) VALUES {places}", params
            )
    return len(customer_emails)


async def send_email_step(job: Job) -> bool:
    row = await JobModel.filter(id=job.id).first()
    if row is None or row.status == JobStatus.FAILED:
        return False
    if row.current_step != JobStepName.SEND_EMAIL:
        return True  # it went out, or the job would not be here

    key = generate_idempotency_key(row.id, JobStepName.SEND_EMAIL)
    error: SendGridError
    for attempt in range(MAX_TRIES):
        try:
            await send_email(row.customer_email, "We have news for you!", key)
            return True
        except InvalidEmailError as invalid:
            await _close(row, f"invalid address: {invalid}")
            return False
        except SendGridError as transient:
            error = transient
            log.warning("job %s, attempt %s: %s", row.id, attempt + 1, transient)
            if attempt + 1 < MAX_TRIES:
                await sleep(_delay(attempt, transient))

    await (
        _at_send_email(row)
        .filter(status=JobStatus.PROCESSING)
        .update(
            status=JobStatus.PENDING,
            retry_count=row.retry_count + 1,
            scheduled_for=now() + timedelta(seconds=60),
            error_message=str(error),
        )
    )
    return False


def _delay(attempt: int, error: SendGridError) -> float:
    backoff = min(MAX_DELAY, BASE_DELAY * 2**attempt)
    delay = backoff * random.uniform(0.5, 1.5)
    if isinstance(error, RateLimitError):
        delay = max(delay, error.retry_after)
    return delay


def _at_send_email(job: Job):
    return JobModel.filter(
        id=job.id, current_step=JobStepName.SEND_EMAIL, retry_count=job.retry_count
    )


async def _close(job: Job, message: str) -> None:
    await JobModel.filter(
        id=job.id,
        current_step=JobStepName.SEND_EMAIL,
        status__in=[JobStatus.PENDING, JobStatus.PROCESSING],
    ).update(status=JobStatus.FAILED, error_message=message, completed_at=now())


async def process_job(job: Job) -> None:
    row = await JobModel.filter(id=job.id).first()
    if row is None or row.status != JobStatus.PROCESSING or row.current_step != job.current_step:
        return

    if row.current_step == JobStepName.SEND_EMAIL:
        if not await send_email_step(row):
            return
        await _advance(row, scheduled_for=now() + REPLY_WAIT)
    elif row.current_step == JobStepName.ANALYZE:
        log.info("job %s: %s", row.id, await _sentiment(row))
        await _advance(row)
    elif row.current_step == JobStepName.TAKE_ACTION:
        log.info("job %s: %s", row.id, route(await _sentiment(row)))
        await _advance(row, status=JobStatus.COMPLETED, completed_at=now())


async def _sentiment(job: Job):
    reply = await fetch_reply(job.customer_email)
    return await analyze_sentiment(reply) if reply else None


async def _advance(job: Job, **changes: object) -> None:
    values = {"status": JobStatus.PENDING, "worker_id": None, "scheduled_for": None} | changes
    await JobModel.filter(
        id=job.id, current_step=job.current_step, status=JobStatus.PROCESSING
    ).update(current_step=get_next_step(job.current_step), **values)
