"""Chunks of VALUES counted before and after; asyncio.wait_for around each send."""

import asyncio
import builtins
from datetime import timedelta

from candidate.helpers import WORKFLOW_STEPS, sleep
from infra import (
    InvalidEmailError,
    Job,
    JobModel,
    JobStepStatus,
    SendGridError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


_WORKER = current_worker_id


async def claim_next_job():
    async with transaction():
        rows = await execute_sql(
            "SELECT id FROM jobs WHERE status = ? AND (scheduled_for IS NULL OR scheduled_for <= datetime('now')) ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1",
            ["pending"],
        )
        if not rows:
            return None
        job_id = rows[0]["id"]
        await execute_sql(
            "UPDATE jobs SET status='processing', worker_id=?, started_at=CURRENT_TIMESTAMP, last_heartbeat=datetime('now') WHERE id=?",
            [_WORKER(), job_id],
        )
        return await JobModel.get(id=job_id)


async def create_campaign_jobs(campaign_id, customer_emails):
    async with transaction():
        before = await JobModel.filter(campaign_id=campaign_id).count()
        it = list(customer_emails)
        while it:
            head, it = it[:10000], it[10000:]
            await execute_sql(
                "INSERT INTO jobs (campaign_id, customer_email) VALUES "
                + ", ".join("(?, ?)" for _ in head),
                [x for e in head for x in (campaign_id, e)],
            )
        return await JobModel.filter(campaign_id=campaign_id).count() - before


async def send_email_step(job):
    fresh = await JobModel.get(id=job.id)
    if fresh.status != "processing" or fresh.current_step != "send_email":
        return fresh.status != "failed" and fresh.current_step != "send_email"
    for i in range(6):
        try:
            async with asyncio.timeout(5):
                await send_email(job.customer_email, "Hello", f"k-{job.id}")
            return True
        except InvalidEmailError as e:
            await JobModel.filter(id=job.id, status="processing", current_step="send_email").update(
                status="failed", error_message=e.__class__.__name__
            )
            return False
        except (SendGridError, builtins.TimeoutError) as e:
            await sleep(getattr(e, "retry_after", 1) or 1)
    await JobModel.filter(
        id=job.id, status="processing", current_step="send_email", worker_id=job.worker_id
    ).update(
        status="pending",
        worker_id=None,
        retry_count=job.retry_count + 1,
        scheduled_for=now() + timedelta(minutes=5),
    )
    return False


async def process_job(job):
    rows = await execute_sql("SELECT * FROM jobs WHERE id = ?", [job.id], Job)
    if not rows or rows[0].status != "processing":
        return
    current = rows[0]
    if current.current_step != job.current_step:
        return
    step = current.current_step
    if step == "send_email" and not await send_email_step(current):
        return
    if step == "analyze":
        text = await fetch_reply(current.customer_email)
        if text is not None:
            await analyze_sentiment(text)
    async with transaction():
        locked = await execute_sql(
            "SELECT * FROM jobs WHERE id=? AND status='processing' AND current_step=? FOR UPDATE",
            [job.id, step],
            Job,
        )
        if not locked:
            return
        nxt = WORKFLOW_STEPS[WORKFLOW_STEPS.index(step) + 1]
        await execute_sql(
            "INSERT OR IGNORE INTO job_steps (job_id, step_name, status, completed_at) VALUES (?, ?, ?, CURRENT_TIMESTAMP)",
            [job.id, step, JobStepStatus.COMPLETED],
        )
        await execute_sql(
            "UPDATE jobs SET current_step=?, status=?, completed_at=?, worker_id=NULL, scheduled_for=NULL WHERE id=?",
            [
                nxt,
                "completed" if nxt == "done" else "pending",
                now() if nxt == "done" else None,
                job.id,
            ],
        )
