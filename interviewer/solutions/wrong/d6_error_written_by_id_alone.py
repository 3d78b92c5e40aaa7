"""Writes an error down by the job's id alone, though others may have finished it meanwhile.

Mistake in: process_job
Must fail: D6
"""

import json
from datetime import timedelta

from candidate.helpers import generate_idempotency_key, get_next_step, is_transient_error, route
from infra import (
    Job,
    JobModel,
    SendGridError,
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


async def _release(job: Job, delay: float, reason: object) -> None:
    await execute_sql(
        "UPDATE jobs SET status='pending', worker_id=NULL, started_at=NULL, retry_count=retry_count+1, "
        "scheduled_for=?, error_message=? WHERE id=?",
        (now() + timedelta(seconds=delay), str(reason), job.id),
    )


async def send_email_step(job: Job) -> bool:
    row = await JobModel.get(id=job.id)
    if row.current_step != "send_email" or row.status == "completed":
        return True
    if row.status == "failed":
        return False
    try:
        await send_email(
            row.customer_email,
            f"Hello {row.customer_email}",
            generate_idempotency_key(row.id, "send_email"),
        )
    except SendGridError as error:
        if is_transient_error(error):
            if row.retry_count + 1 >= 8:
                await JobModel.filter(
                    id=row.id, current_step="send_email", status="processing"
                ).update(
                    status="failed", error_message=f"after {row.retry_count + 1} tries: {error}"
                )
            else:
                await _release(row, 10, error)
        else:
            await JobModel.filter(id=row.id, current_step="send_email").update(
                status="failed", error_message=str(error) or "permanent"
            )
        return False
    return True


async def process_job(job: Job) -> None:
    row = await JobModel.get(id=job.id)
    if row.status != "processing" or (row.worker_id, row.current_step) != (
        job.worker_id,
        job.current_step,
    ):
        return
    try:
        if row.current_step == "send_email":
            if not await send_email_step(row):
                return
        elif row.current_step in ("analyze", "take_action"):
            reply = await fetch_reply(row.customer_email)
            mood = await analyze_sentiment(reply) if reply else None
            if row.current_step == "take_action":
                route(mood)
        else:
            return
    except BaseException as error:
        await _release(row, 30, repr(error))
        raise
    step = get_next_step(row.current_step)
    await JobModel.filter(
        id=row.id, status="processing", current_step=row.current_step, worker_id=row.worker_id
    ).update(
        status="completed" if step == "done" else "pending",
        current_step=step,
        completed_at=now() if step == "done" else None,
        retry_count=0,
        scheduled_for=None,
    )
