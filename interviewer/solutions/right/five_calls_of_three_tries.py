"""Three tries a call, five calls a job; a pipeline of small functions; claims through a CTE.

The fence is `retry_count` with step and status: a call that comes too late finds another count, or
the job elsewhere. The count goes up by one for a call that failed, and only then.
"""

import logging
import random
from asyncio import sleep
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta

from infra import (
    InvalidEmailError,
    Job,
    JobStatus,
    RateLimitError,
    SendGridError,
    SentimentAPIError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    send_email,
    transaction,
)

logging.basicConfig(level=logging.ERROR)
log = logging.getLogger("campaigns")

TRIES_PER_CALL = 3
CALLS = 5
INSERT_SIZE = 1_500


async def claim_next_job() -> Job | None:
    at = datetime.now(UTC)
    rows = await execute_sql(
        """
        WITH next (id) AS (
            SELECT id FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY id
            LIMIT 1
        )
        UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ?
        WHERE id IN next AND status = 'pending'
        RETURNING *
        """,
        (at, current_worker_id(), at),
        Job,
    )
    return next(iter(rows), None)


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    inserted = 0
    async with transaction():
        for start in range(0, len(customer_emails), INSERT_SIZE):
            # A savepoint a chunk: the log tells which one it was that did not go in.
            async with transaction():
                inserted += await _insert(campaign_id, customer_emails[start:][:INSERT_SIZE])
            log.debug("%d of %d created", inserted, len(customer_emails))
    return inserted


async def _insert(campaign_id: int, emails: list[str]) -> int:
    places = ",".join("(?,?,?)" for _ in emails)
    values = [v for email in emails for v in (campaign_id, email, JobStatus.PENDING)]
    sql = f"INSERT INTO jobs (campaign_id, customer_email, status) VALUES {places}"
    return (await execute_sql(sql, values)).rowcount


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if row.status is JobStatus.FAILED or row.current_step != "send_email":
        return row.status is not JobStatus.FAILED

    last: SendGridError | None = None
    for attempt in range(1, TRIES_PER_CALL + 1):
        if last is not None:
            await sleep(_pause(attempt, last))
        try:
            await send_email(row.customer_email, "Any questions? Reply!", f"{row.id}@campaigns")
            return True
        except InvalidEmailError as e:
            await Job.filter(
                id=row.id, current_step="send_email", status__in=["pending", "processing"]
            ).update(status="failed", error_message=f"{e}")
            return False
        except SendGridError as e:
            last = e

    calls = row.retry_count + 1
    changes: dict[str, object] = {"status": "pending", "retry_count": calls}
    if calls >= CALLS:
        changes |= {"status": "failed", "error_message": f"{calls} calls failed, last: {last}"}
    else:
        changes["scheduled_for"] = datetime.now(UTC) + timedelta(seconds=20 * calls)
    await _same(row).update(**changes)
    return False


def _pause(attempt: int, error: SendGridError) -> float:
    if isinstance(error, RateLimitError):
        return error.retry_after + random.random()
    return random.uniform(0.5, 1.0) * attempt


def _same(job: Job):
    return Job.filter(
        id=job.id,
        status="processing",
        current_step=job.current_step,
        retry_count=job.retry_count,
    )


async def process_job(job: Job) -> None:
    step = STEPS.get(job.current_step)
    if step and await _same(job).count():
        await step(job)


async def _mail(job: Job) -> None:
    if await send_email_step(job):
        await _move(job, "analyze", wait=timedelta(hours=48))


async def _analyze(job: Job) -> None:
    try:
        mood = await _mood(job)
    except SentimentAPIError as error:
        log.warning("job %d: %s", job.id, error)
        await _same(job).update(
            status="pending", scheduled_for=datetime.now(UTC) + timedelta(seconds=30)
        )
        return
    log.info("job %d is %s", job.id, mood)
    await _move(job, "take_action")


async def _act(job: Job) -> None:
    action = {"positive": "sales", "negative": "off the list"}.get(await _mood(job), "follow-up")
    print(f"{job.customer_email}: {action}")
    await _same(job).update(current_step="done", status="completed", completed_at=datetime.now(UTC))


async def _mood(job: Job) -> str:
    reply = await fetch_reply(job.customer_email)
    return await analyze_sentiment(reply) if reply else "silent"


async def _move(job: Job, to: str, wait: timedelta = timedelta()) -> None:
    due = datetime.now(UTC) + wait if wait else None
    await _same(job).update(current_step=to, status="pending", scheduled_for=due)


STEPS: dict[str, Callable[[Job], Coroutine[None, None, None]]] = {
    "send_email": _mail,
    "analyze": _analyze,
    "take_action": _act,
}
