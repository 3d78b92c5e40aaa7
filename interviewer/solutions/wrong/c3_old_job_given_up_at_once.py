"""Gives up a job of more than a day at its first error.

Mistake in: send_email_step
Must fail: C3
"""

import json
from datetime import timedelta

from candidate.helpers import generate_idempotency_key, get_next_step, route
from infra import (
    InvalidEmailError,
    Job,
    JobModel,
    RateLimitError,
    TimeoutError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
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


async def send_email_step(job: Job) -> bool:
    row = await JobModel.get(id=job.id)
    if row.current_step != "send_email":
        return True
    if row.status == "failed":
        return False
    key = generate_idempotency_key(job.id, "send_email")
    try:
        await send_email(row.customer_email, "Hello!", key)
    except InvalidEmailError as error:
        await JobModel.filter(
            id=job.id, current_step="send_email", status__in=["pending", "processing"]
        ).update(status="failed", error_message=f"invalid address: {error}")
        return False
    except (RateLimitError, TimeoutError) as error:
        if now() - row.created_at > timedelta(hours=24):
            await JobModel.filter(id=job.id, current_step="send_email", status="processing").update(
                status="failed", error_message="expired"
            )
            return False
        wait = getattr(error, "retry_after", None) or min(2**row.retry_count, 300)
        await execute_sql(
            "UPDATE jobs SET status = 'pending', retry_count = retry_count + 1, scheduled_for = ?, "
            "worker_id = NULL, error_message = ? "
            "WHERE id = ? AND current_step = 'send_email' AND status = 'processing'",
            (now() + timedelta(seconds=wait), str(error), job.id),
        )
        return False
    return True


async def _advance(job: Job, **extra) -> None:
    following = get_next_step(job.current_step)
    last = following == "done"
    await JobModel.filter(
        id=job.id, current_step=job.current_step, status__in=["pending", "processing"]
    ).update(
        current_step=following,
        status="completed" if last else "pending",
        completed_at=now() if last else None,
        worker_id=None,
        **extra,
    )


async def process_job(job: Job) -> None:
    job = await JobModel.get(id=job.id)
    if job.status in ("completed", "failed"):
        return
    if job.current_step == "send_email":
        if await send_email_step(job):
            await _advance(job, scheduled_for=now() + timedelta(hours=48))
    elif job.current_step == "analyze":
        reply = await fetch_reply(job.customer_email)
        if reply is not None:
            await analyze_sentiment(reply)
        await _advance(job, scheduled_for=None)
    elif job.current_step == "take_action":
        reply = await fetch_reply(job.customer_email)
        route(await analyze_sentiment(reply) if reply is not None else None)
        await _advance(job)
