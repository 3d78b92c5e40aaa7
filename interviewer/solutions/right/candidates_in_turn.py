"""Tries ten candidates in turn, for ever; one try of the mail in each call."""

import hashlib
from datetime import timedelta

from infra import (
    InvalidEmailError,
    Job,
    JobModel,
    JobStatus,
    JobStepName,
    RateLimitError,
    TimeoutError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)

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


async def create_campaign_jobs(campaign_id, customer_emails):
    emails = sorted(set(customer_emails))
    total = 0
    async with transaction():
        for start in range(0, len(emails), 6000):
            batch = emails[start : start + 6000]
            params = []
            for e in batch:
                params += [campaign_id, e, JobStepName.SEND_EMAIL, JobStatus.PENDING, now()]
            res = await execute_sql(
                f"INSERT INTO jobs(campaign_id,customer_email,current_step,status,created_at) VALUES {','.join(['(?,?,?,?,?)'] * len(batch))}",
                params,
            )
            total += res.rowcount
    return total


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
    fresh = await JobModel.get(id=job.id)
    if fresh.status != "processing" or fresh.current_step != job.current_step:
        return
    step = fresh.current_step
    if step == "send_email":
        if not await send_email_step(fresh):
            return
        changes = dict(
            current_step="analyze",
            status="pending",
            worker_id=None,
            started_at=None,
            scheduled_for=now() + timedelta(hours=48),
        )
    elif step == "analyze":
        reply = await fetch_reply(fresh.customer_email)
        if reply is not None:
            await analyze_sentiment(reply)
        changes = dict(current_step="take_action", status="pending", worker_id=None)
    else:
        changes = dict(current_step="done", status="completed", completed_at=now())
    await JobModel.filter(id=job.id, current_step=step, status="processing").update(**changes)
