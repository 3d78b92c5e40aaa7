"""Every failed try is counted in the row at once, so that five in all give up, over any crash.

While it retries in place the job stays claimed, and each try asks first whether the row is still
at send_email. What a crash cuts off is carried on from the count by whoever claims the job next.
"""

import asyncio
import json
import random

from infra import (
    InvalidEmailError,
    Job,
    JobModel,
    JobStatus,
    JobStepModel,
    SendGridError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)

MAX_FAILED_TRIES = 5


async def claim_next_job() -> Job | None:
    async with transaction():
        jobs = await execute_sql(
            """
            SELECT * FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at
            FOR UPDATE SKIP LOCKED
            LIMIT 1
            """,
            [now()],
            model=JobModel,
        )
        for job in jobs:
            job.status = JobStatus.PROCESSING
            job.worker_id = current_worker_id()
            job.started_at = now()
            await job.save()
            return job
    return None


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    records = [{"c": campaign_id, "e": email} for email in customer_emails]
    rows = await execute_sql(
        """
        INSERT INTO jobs (campaign_id, customer_email)
        SELECT json_extract(value, '$.c'), json_extract(value, '$.e') FROM json_each(?)
        RETURNING id
        """,
        [json.dumps(records)],
    )
    return len(rows)


async def send_email_step(job: Job) -> bool:
    while True:
        row = await JobModel.get(id=job.id)
        if row.current_step != "send_email":
            return True
        if row.status not in (JobStatus.PENDING, JobStatus.PROCESSING):
            return False
        try:
            await send_email(row.customer_email, "Spring is here!", f"{row.campaign_id}:{row.id}")
        except InvalidEmailError as error:
            await _finish_failed(row, f"no such address: {error}")
            return False
        except SendGridError as error:
            tries = await _count_failed_try(row)
            if tries >= MAX_FAILED_TRIES:
                await _finish_failed(row, f"{tries} tries failed, the last with: {error}")
                return False
            await asyncio.sleep(_pause(tries, error))
        else:
            return True


def _pause(tries: int, error: SendGridError) -> float:
    backoff = random.uniform(0.5, 1.0) * 2**tries
    return max(backoff, getattr(error, "retry_after", 0))


async def _count_failed_try(job: Job) -> int:
    rows = await execute_sql(
        """
        UPDATE jobs SET retry_count = retry_count + 1
        WHERE id = ? AND current_step = 'send_email' AND status IN ('pending', 'processing')
        RETURNING retry_count
        """,
        [job.id],
    )
    return rows[0]["retry_count"] if rows else 0


async def _finish_failed(job: Job, message: str) -> None:
    await execute_sql(
        """
        UPDATE jobs SET status = 'failed', error_message = ?
        WHERE id = ? AND current_step = 'send_email' AND status IN ('pending', 'processing')
        """,
        [message, job.id],
    )


async def process_job(job: Job) -> None:
    row = await JobModel.get(id=job.id)
    if row.status != JobStatus.PROCESSING or row.current_step != job.current_step:
        return
    handler = {"send_email": _send, "analyze": _analyze, "take_action": _act}.get(row.current_step)
    if handler is not None:
        await handler(row)


async def _send(job: Job) -> None:
    if await send_email_step(job):
        await _to(job, "analyze", {})


async def _analyze(job: Job) -> None:
    reply = await fetch_reply(job.customer_email)
    feeling = await analyze_sentiment(reply) if reply else "silence"
    await _to(job, "take_action", {"feeling": feeling})


async def _act(job: Job) -> None:
    actions = {"positive": "notify_sales", "negative": "unsubscribe"}
    analyzed = await JobStepModel.filter(job_id=job.id, step_name="analyze").first()
    if analyzed and analyzed.output_data:
        feeling = analyzed.output_data["feeling"]
    else:
        reply = await fetch_reply(job.customer_email)
        feeling = await analyze_sentiment(reply) if reply else "silence"
    await _to(job, "done", {"action": actions.get(feeling, "follow_up")})


async def _to(job: Job, step: str, output: dict[str, str]) -> None:
    async with transaction():
        fresh = await JobModel.get(id=job.id)
        if fresh.current_step != job.current_step or fresh.status != JobStatus.PROCESSING:
            return
        fresh.current_step = step
        fresh.retry_count = 0
        fresh.status = JobStatus.PENDING
        if step == "done":
            fresh.status = JobStatus.COMPLETED
            fresh.completed_at = now()
        await fresh.save()
        await JobStepModel.create(
            job_id=job.id, step_name=job.current_step, status="completed", output_data=output
        )
