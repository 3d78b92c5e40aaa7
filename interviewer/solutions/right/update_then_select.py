"""UPDATE first, then SELECT what it took by worker and moment; json_each without repeats.

A worker takes one job at a time and its clock moves on between two claims, so its id and
started_at name the claim. A send that takes over four seconds counts as timed out: the same key
makes the next try harmless, whatever became of the first.
"""

import asyncio
import json
import logging
from datetime import timedelta

from candidate import helpers
from infra import (
    InvalidEmailError,
    Job,
    JobModel,
    JobStepModel,
    RateLimitError,
    SendGridError,
    SentimentAPIError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
)

logger = logging.getLogger("worker")

SEND_TIMEOUT = 4.0
PAUSES = (0.5, 1.0, 2.0)


async def claim_next_job() -> Job | None:
    me, moment = current_worker_id(), now()
    taken = await execute_sql(
        """
        UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ?, last_heartbeat = ?
        WHERE status = 'pending' AND id IN (
            SELECT id FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at, id LIMIT 1
        )
        """,
        (me, moment, moment, moment),
    )
    if taken.rowcount == 0:
        return None
    return await JobModel.filter(worker_id=me, started_at=moment, status="processing").first()


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    sql = """
        INSERT INTO jobs (campaign_id, customer_email)
        SELECT ?, value FROM (SELECT DISTINCT value FROM json_each(?))
    """
    return (await execute_sql(sql, (campaign_id, json.dumps(customer_emails)))).rowcount


async def send_email_step(job: Job) -> bool:
    row = await JobModel.get(id=job.id)
    if row.current_step != helpers.WORKFLOW_STEPS[0]:
        return True
    if row.status == "failed":
        return False

    key = helpers.generate_idempotency_key(job.id, "send_email")
    for pause in (*PAUSES, None):
        try:
            await asyncio.wait_for(send_email(row.customer_email, "Hello!", key), SEND_TIMEOUT)
        except InvalidEmailError as error:
            await _fail(row, f"invalid address {row.customer_email!r}: {error}")
            return False
        except (SendGridError, asyncio.TimeoutError) as error:  # noqa: UP041
            logger.warning("job %d: %r", row.id, error)
            if pause is not None:
                wait = error.retry_after if isinstance(error, RateLimitError) else pause
                await asyncio.sleep(wait)
        else:
            return True

    await JobModel.filter(
        id=job.id, status="processing", worker_id=job.worker_id, current_step="send_email"
    ).update(
        status="pending",
        retry_count=row.retry_count + 1,
        scheduled_for=now() + timedelta(minutes=1),
    )
    return False


async def _fail(job: Job, message: str) -> None:
    unfinished = JobModel.filter(id=job.id, status__in=["pending", "processing"])
    await unfinished.filter(current_step="send_email").update(
        status="failed", error_message=message
    )


async def process_job(job: Job) -> None:
    mine = JobModel.filter(
        id=job.id,
        status="processing",
        current_step=job.current_step,
        worker_id=job.worker_id,
    )
    row = await mine.first()
    if row is None:
        return
    following = helpers.get_next_step(job.current_step)
    if following is None:
        return

    changes: dict[str, object] = {"current_step": following, "status": "pending"}
    if job.current_step == "send_email":
        if not await send_email_step(job):
            return
        changes["scheduled_for"] = now() + timedelta(hours=48)
    elif job.current_step == "analyze":
        try:
            await _remember(job, {"sentiment": await _ask(job)})
        except SentimentAPIError as error:
            logger.warning("job %d: %s", job.id, error)
            await mine.update(
                status="pending",
                retry_count=row.retry_count + 1,
                scheduled_for=now() + timedelta(seconds=20),
            )
            return
    else:
        analyzed = await JobStepModel.filter(job_id=job.id, step_name="analyze").first()
        known = analyzed.output_data if analyzed else None
        sentiment = known["sentiment"] if known else await _ask(job)
        await _remember(job, {"action": helpers.route(sentiment)})
        changes |= {"status": "completed", "completed_at": now()}
    await mine.update(**changes)


async def _ask(job: Job):
    reply = await fetch_reply(job.customer_email)
    return None if reply is None else await analyze_sentiment(reply)


async def _remember(job: Job, output: dict[str, object]) -> None:
    await execute_sql(
        """
        INSERT OR IGNORE INTO job_steps (job_id, step_name, status, output_data, completed_at)
        VALUES (?, ?, 'completed', ?, ?)
        """,
        (job.id, job.current_step, output, now()),
    )
