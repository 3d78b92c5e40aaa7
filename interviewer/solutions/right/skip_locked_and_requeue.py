"""FOR UPDATE SKIP LOCKED to claim, two tries then back to the queue, chunks of 5,000.

Every change of a job reads it with FOR UPDATE first, in a short transaction of its own, and looks
at what is there: status, step, and who holds it. No compare-and-set is needed that way.
"""

import asyncio as aio
from datetime import datetime, timedelta, timezone

from infra import (
    ExternalApiError,
    InvalidEmailError,
    Job,
    JobModel,
    RateLimitError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    send_email,
    transaction,
)

NEXT = {"send_email": "analyze", "analyze": "take_action", "take_action": "done"}
BATCH_SIZE = 5_000


def utcnow() -> datetime:
    return datetime.now(timezone.utc)  # noqa: UP017


async def claim_next_job() -> Job | None:
    async with transaction():
        rows = await execute_sql(
            """
            SELECT * FROM jobs
            WHERE status = 'pending'
              AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY id
            LIMIT 1
            FOR UPDATE SKIP LOCKED
            """,
            [utcnow()],
            JobModel,
        )
        if not rows:
            return None
        job = rows[0]
        job.status = "processing"
        job.worker_id = current_worker_id()
        job.started_at = job.last_heartbeat = utcnow()
        await job.save()
        return job


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    created = 0
    async with transaction():
        for i in range(0, len(customer_emails), BATCH_SIZE):
            batch = customer_emails[i : i + BATCH_SIZE]
            sql = "INSERT INTO jobs (customer_email, campaign_id, status, current_step) VALUES "
            sql += ",".join([f"(?, {int(campaign_id)}, 'pending', 'send_email')"] * len(batch))
            created += (await execute_sql(sql, batch)).rowcount
    return created


async def _locked(job: Job) -> Job | None:
    """Read the row for update; None when it is no longer this claim's."""
    rows = await execute_sql("SELECT * FROM jobs WHERE id = ? FOR UPDATE", [job.id], JobModel)
    if not rows:
        return None
    row = rows[0]
    same_claim = (row.worker_id, row.started_at) == (job.worker_id, job.started_at)
    same_step = row.current_step == job.current_step
    return row if same_claim and same_step and row.status == "processing" else None


async def send_email_step(job: Job) -> bool:
    current = await JobModel.get(id=job.id)
    if current.current_step != "send_email":
        return True
    if current.status in ("failed", "completed"):
        return False

    tries = 2
    while True:
        tries -= 1
        try:
            await send_email(current.customer_email, _body(current), f"send/{current.id}")
            return True
        except InvalidEmailError as e:
            async with transaction():
                row = await JobModel.get(id=job.id)
                if row.current_step == "send_email" and row.status != "failed":
                    row.status = "failed"
                    row.error_message = str(e) or "invalid email"
                    await row.save()
            return False
        except ExternalApiError as e:
            pause = e.retry_after if isinstance(e, RateLimitError) else 2.0
            if not tries:
                break
            await aio.sleep(pause)

    async with transaction():
        row = await _locked(job)
        if row is not None:
            row.status = "pending"
            row.retry_count += 1
            row.worker_id = None
            row.scheduled_for = utcnow() + timedelta(seconds=min(600, pause * 5 * row.retry_count))
            await row.save()
    return False


def _body(job: Job) -> str:
    return f"Hello {job.customer_email}, do you have a minute?"


async def process_job(job: Job) -> None:
    row = await JobModel.get(id=job.id)
    if row.status != "processing" or row.worker_id != job.worker_id:
        return
    if row.current_step != job.current_step or row.started_at != job.started_at:
        return

    if row.current_step == "send_email":
        if not await send_email_step(row):
            return
    elif row.current_step == "analyze":
        answer = await fetch_reply(row.customer_email)
        if answer:
            await analyze_sentiment(answer)
    elif row.current_step == "take_action":
        pass  # nothing to call yet: sales read the finished jobs

    async with transaction():
        fresh = await _locked(row)
        if fresh is None:
            return
        fresh.current_step = NEXT[row.current_step]
        fresh.scheduled_for = None
        if fresh.current_step == "done":
            fresh.status = "completed"
            fresh.completed_at = utcnow()
        else:
            fresh.status = "pending"
        await fresh.save()
