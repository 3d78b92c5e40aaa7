"""Shows its own heartbeat in a task beside the step; asyncio.timeout around the send; a lock.

The lock orders the claims of one process only, and is no part of what makes them safe: that is the
compare-and-set. The heartbeat beats only for the claim that it was started for, and ends with it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from candidate.helpers import generate_idempotency_key, is_permanent_error
from infra import (
    ExternalApiError,
    Job,
    JobModel,
    JobStatus,
    JobStepName,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)

HEARTBEAT_SECONDS = 3
SEND_SECONDS = 30
TRIES = 6

_claiming = asyncio.Lock()


async def claim_next_job() -> Job | None:
    async with _claiming:
        while True:
            job = await JobModel.filter(status=JobStatus.PENDING).order_by("scheduled_for").first()
            if job is None or (job.scheduled_for is not None and job.scheduled_for > now()):
                return None
            claimed = await _take(job)
            if claimed:
                return claimed


async def _take(job: Job) -> Job | None:
    rows = await execute_sql(
        """
        UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ?, last_heartbeat = ?
        WHERE id = ? AND status = 'pending' AND scheduled_for IS ?
        RETURNING *
        """,
        [current_worker_id(), now(), now(), job.id, job.scheduled_for],
        JobModel,
    )
    return rows[0] if rows else None


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    async with transaction():
        for i in range(0, len(customer_emails), 5000):
            chunk = customer_emails[i : i + 5000]
            await execute_sql(
                "WITH new (email) AS (VALUES " + ", ".join(["(?)"] * len(chunk)) + ") "
                "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, email FROM new",
                [*chunk, campaign_id],
            )
    return len(customer_emails)


async def send_email_step(job: Job) -> bool:
    row = await JobModel.get(id=job.id)
    if row.current_step != JobStepName.SEND_EMAIL:
        return True
    if row.status == JobStatus.FAILED:
        return False

    for attempt in range(1, TRIES + 1):
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await send_email(
                    to=row.customer_email,
                    body="Thank you for being with us.",
                    idempotency_key=generate_idempotency_key(row.id, row.current_step),
                )
            return True
        except (ExternalApiError, asyncio.TimeoutError) as error:  # noqa: UP041
            final = is_permanent_error(error) or attempt == TRIES
            if final:
                await _fail(row, f"try {attempt}: {error}")
                return False
            await asyncio.sleep(getattr(error, "retry_after", 1.5**attempt))
    return False


async def _fail(job: Job, message: str) -> None:
    await JobModel.filter(
        id=job.id,
        current_step=JobStepName.SEND_EMAIL,
        status__in=[JobStatus.PENDING, JobStatus.PROCESSING],
    ).update(status=JobStatus.FAILED, error_message=message, completed_at=now())


def _mine(job: Job):
    return JobModel.filter(
        id=job.id,
        status=JobStatus.PROCESSING,
        worker_id=job.worker_id,
        started_at=job.started_at,
        current_step=job.current_step,
    )


async def _beat(job: Job) -> None:
    while await _mine(job).update(last_heartbeat=now()):
        await asyncio.sleep(HEARTBEAT_SECONDS)


@asynccontextmanager
async def _heartbeat(job: Job) -> AsyncIterator[None]:
    task = asyncio.create_task(_beat(job))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def process_job(job: Job) -> None:
    if await _mine(job).first() is None:
        return
    async with _heartbeat(job):
        if job.current_step == JobStepName.SEND_EMAIL:
            if not await send_email_step(job):
                return
            changes = {
                "current_step": JobStepName.ANALYZE,
                "scheduled_for": now() + timedelta(hours=48),
            }
        elif job.current_step == JobStepName.ANALYZE:
            reply = await fetch_reply(job.customer_email)
            if reply:
                await analyze_sentiment(reply)
            changes = {"current_step": JobStepName.TAKE_ACTION, "scheduled_for": None}
        else:
            changes = {
                "current_step": JobStepName.DONE,
                "status": JobStatus.COMPLETED,
                "completed_at": now(),
            }
    await _mine(job).update(**{"status": JobStatus.PENDING, "worker_id": None, **changes})
