"""Picks one of the first ten at random, then compare-and-set; giant INSERTs; match statements.

The compare-and-set repeats every condition of the choice, so a job that was processed by another
in between is not taken too early or at a step that was not read. On a loss it chooses again.
"""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import wraps
from typing import TypeVar

from infra import (
    InvalidEmailError,
    Job,
    JobModel,
    JobStepModel,
    RateLimitError,
    SendGridError,
    TimeoutError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)

T = TypeVar("T")
ROWS_MAX = 32_766 // 2
NAMESPACE = uuid.UUID("6c1b1f64-7a46-4f0c-9d64-0f6b3f3c8a11")


def retry(
    *errors: type[Exception], stop_after: int, first_wait: float
) -> Callable[[Callable[..., Awaitable[T]]], Callable[..., Awaitable[T]]]:
    def decorate(function: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
        @wraps(function)
        async def call(*args, **kwargs) -> T:
            wait = first_wait
            for left in range(stop_after - 1, -1, -1):
                try:
                    return await function(*args, **kwargs)
                except errors as error:
                    if not left:
                        raise
                    await asyncio.sleep(getattr(error, "retry_after", 0) + wait)
                    wait *= 2
            raise RuntimeError("stop_after must be 1 or more")

        return call

    return decorate


async def claim_next_job() -> Job | None:
    while True:
        candidates = await execute_sql(
            """
            SELECT id, current_step FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY id LIMIT 10
            """,
            [now()],
        )
        if not candidates:
            return None
        choice = random.choice(candidates)
        moment = now()
        claimed = await execute_sql(
            """
            UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ?
            WHERE id = ? AND current_step = ? AND status = 'pending'
              AND (scheduled_for IS NULL OR scheduled_for <= ?)
            RETURNING *
            """,
            [current_worker_id(), moment, choice["id"], choice["current_step"], moment],
            Job,
        )
        if claimed:
            return claimed[0]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    async with transaction():
        return sum(
            [
                await _insert(campaign_id, customer_emails[start : start + ROWS_MAX])
                for start in range(0, len(customer_emails), ROWS_MAX)
            ]
        )


async def _insert(campaign_id: int, emails: list[str]) -> int:
    values = ",".join(["(?, ?)"] * len(emails))
    params = [param for email in emails for param in (campaign_id, email)]
    result = await execute_sql(
        f"INSERT INTO jobs (campaign_id, customer_email) VALUES {values}", params
    )
    return result.rowcount


@retry(RateLimitError, TimeoutError, stop_after=4, first_wait=0.25)
async def _deliver(job: Job) -> str:
    key = str(uuid.uuid5(NAMESPACE, str(job.id)))
    return await send_email(job.customer_email, "Our winter offer is here.", key)


async def send_email_step(job: Job) -> bool:
    row = await JobModel.get(id=job.id)
    match (row.status, row.current_step):
        case ("failed", _):
            return False
        case (_, "analyze" | "take_action" | "done"):
            return True

    open_row = JobModel.filter(id=row.id, current_step="send_email")
    try:
        await _deliver(row)
    except InvalidEmailError as error:
        await open_row.filter(status__in=("pending", "processing")).update(
            status="failed", error_message=str(error)
        )
        return False
    except SendGridError as error:
        calls = row.retry_count + 1
        await open_row.filter(status="processing", retry_count=row.retry_count).update(
            status="pending" if calls < 20 else "failed",
            retry_count=calls,
            error_message=f"SendGrid failed in {calls} calls: {error}",
            scheduled_for=now() + timedelta(seconds=30 * calls),
        )
        return False
    return True


async def process_job(job: Job) -> None:
    row = await JobModel.get(id=job.id)
    if row.status != "processing" or row.current_step != job.current_step:
        return
    output: dict[str, object] = {}
    match row.current_step:
        case "send_email":
            if not await send_email_step(row):
                return
            changes = {"current_step": "analyze", "status": "pending"}
        case "analyze":
            output["sentiment"] = await _sentiment_of(row.customer_email)
            changes = {"current_step": "take_action", "status": "pending"}
        case "take_action":
            match await _known_sentiment(row):
                case "positive":
                    output["action"] = "notify_sales"
                case "negative":
                    output["action"] = "unsubscribe"
                case _:
                    output["action"] = "follow_up"
            changes = {"current_step": "done", "status": "completed", "completed_at": now()}
        case _:
            return

    async with transaction():
        advanced = await JobModel.filter(
            id=row.id, status="processing", current_step=row.current_step
        ).update(**changes)
        if advanced:
            await execute_sql(
                """
                INSERT INTO job_steps (job_id, step_name, status, output_data, completed_at)
                VALUES (?, ?, 'completed', ?, ?)
                ON CONFLICT (job_id, step_name) DO NOTHING
                """,
                [row.id, row.current_step, output, now()],
            )


async def _sentiment_of(email: str):
    reply = await fetch_reply(email)
    return await analyze_sentiment(reply) if reply else None


async def _known_sentiment(job: Job):
    step = await JobStepModel.filter(job_id=job.id, step_name="analyze").first()
    if step and step.output_data:
        return step.output_data.get("sentiment")
    return await _sentiment_of(job.customer_email)
