"""Guards the advance by the retry_count of its copy, which the tries in between have raised.

Mistake in: process_job
Must fail: D6
"""

import asyncio
import json

from candidate.helpers import generate_idempotency_key, get_next_step, route
from infra import (
    InvalidEmailError,
    Job,
    JobModel,
    RateLimitError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)

_CLAIM = """
    UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id = (
        SELECT id FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at LIMIT 1
    ) AND status = 'pending'
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    at = now()
    rows = await execute_sql(_CLAIM, (current_worker_id(), at, at), model=Job)
    return rows[0] if rows else None


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    result = await execute_sql(
        "INSERT INTO jobs (campaign_id, customer_email, current_step, status, retry_count, created_at) "
        "SELECT ?, value, 'send_email', 'pending', 0, ? FROM json_each(?)",
        (campaign_id, now(), json.dumps(customer_emails)),
    )
    return result.rowcount


async def _mail(job: Job) -> Exception | None:
    try:
        await send_email(
            job.customer_email, "Hello", generate_idempotency_key(job.id, "send_email")
        )
    except Exception as error:
        return error
    return None


async def _status(job_id: int) -> tuple[str, str]:
    [row] = await execute_sql("SELECT current_step, status FROM jobs WHERE id=?", (job_id,))
    return row["current_step"], row["status"]


async def send_email_step(job: Job) -> bool:
    failures = 0
    while failures < 7:
        match await _status(job.id):
            case "send_email", "failed":
                return False
            case "send_email", _:
                pass
            case _:
                return True
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(_mail(job))
        match sending.result():
            case None:
                return True
            case InvalidEmailError() as error:
                await JobModel.filter(id=job.id, current_step="send_email").update(
                    status="failed", error_message=f"Invalid e-mail: {error}"
                )
                return False
            case RateLimitError(retry_after=wait):
                await asyncio.sleep(wait)
            case TimeoutError():
                await asyncio.sleep(2**failures)
            case _:
                await asyncio.sleep(1)
        failures += 1
        await execute_sql(
            "UPDATE jobs SET retry_count = retry_count + 1 WHERE id = ? AND status = 'processing'",
            (job.id,),
        )
    await execute_sql(
        "UPDATE jobs SET status='pending', retry_count=retry_count+1 "
        "WHERE id=? AND current_step='send_email' AND status='processing'",
        (job.id,),
    )
    return False


async def process_job(job: Job) -> None:
    step, status = await _status(job.id)
    if status in ("completed", "failed") or step != job.current_step:
        return
    if step == "send_email" and not await send_email_step(job):
        return
    if step in ("analyze", "take_action"):
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(_read(job.customer_email))
        sentiment, error = reading.result()
        if error:
            raise error
        if step == "take_action":
            route(sentiment)
    async with transaction():
        row = await JobModel.filter(
            id=job.id,
            current_step=step,
            status__in=["pending", "processing"],
            retry_count=job.retry_count,
        ).first()
        if row:
            row.current_step = get_next_step(step)
            row.status = "completed" if row.current_step == "done" else "pending"
            await row.save()


async def _read(email: str):
    try:
        reply = await fetch_reply(email)
        return (None if reply is None else await analyze_sentiment(reply)), None
    except Exception as error:
        return None, error
