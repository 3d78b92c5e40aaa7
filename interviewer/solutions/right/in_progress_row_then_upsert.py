"""A job_steps row is opened as in_progress before a step and completed by an upsert after it.

The row tells what was begun, never what may be skipped: only `jobs.current_step` decides that. The
upsert and the job's move to the next step are one transaction, so they are true together.
"""

import hashlib
import json
from datetime import timedelta

from candidate.helpers import get_next_step, is_transient_error, route, sleep
from infra import (
    ExternalApiError,
    Job,
    JobModel,
    JobStepModel,
    JobStepName,
    SentimentAPIError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)

SENTIMENT_TRIES = 3


async def claim_next_job() -> Job | None:
    due = "status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)"
    while True:
        rows = await execute_sql(
            f"SELECT id FROM jobs WHERE {due} ORDER BY created_at LIMIT 1", [now()]
        )
        if not rows:
            return None
        moment = now()
        won = await execute_sql(
            "UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ?, "
            f"last_heartbeat = ? WHERE id = ? AND {due}",
            [current_worker_id(), moment, moment, rows[0]["id"], moment],
        )
        if won.rowcount == 1:
            return await JobModel.get(id=rows[0]["id"])


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    unique = list(dict.fromkeys(customer_emails))
    await execute_sql(
        "INSERT INTO jobs (campaign_id, customer_email, status, current_step) "
        "SELECT ?, address.value, 'pending', 'send_email' FROM json_each(?) AS address",
        [campaign_id, json.dumps(unique)],
    )
    return len(unique)


async def send_email_step(job: Job) -> bool:
    row = await JobModel.filter(id=job.id).first()
    if row is None or row.status == "failed":
        return False
    if row.current_step != "send_email":
        return True

    digest = hashlib.sha256(f"{row.campaign_id}/{row.id}".encode()).hexdigest()
    error: ExternalApiError | None = None
    for wait in (1, 2, 0):
        try:
            await send_email(row.customer_email, "Good morning!", idempotency_key=digest)
        except ExternalApiError as problem:
            error = problem
            if not is_transient_error(problem):
                break
            if wait:
                await sleep(wait + getattr(problem, "retry_after", 0.0))
        else:
            return True

    async with transaction():
        fresh = await JobModel.get(id=row.id)
        if fresh.current_step != "send_email" or fresh.status not in ("pending", "processing"):
            return fresh.current_step != "send_email"
        if not is_transient_error(error):
            fresh.status = "failed"
            fresh.error_message = f"will never arrive: {error}"
        elif fresh.status == "processing" and fresh.started_at == job.started_at:
            fresh.status = "pending"
            fresh.retry_count += 1
            fresh.scheduled_for = now() + timedelta(seconds=min(900, 15 * 2**fresh.retry_count))
        await fresh.save()
    return False


async def process_job(job: Job) -> None:
    if not await _begin(job):
        return
    if job.current_step == JobStepName.SEND_EMAIL:
        if not await send_email_step(job):
            return
        output = {"to": job.customer_email}
    elif job.current_step == JobStepName.ANALYZE:
        output = {"sentiment": await _sentiment(job)}
    else:
        output = {"action": route(await _recorded_sentiment(job))}
    await _finish(job, output)


def _claimed(job: Job):
    return JobModel.filter(
        id=job.id,
        status="processing",
        current_step=job.current_step,
        started_at=job.started_at,
        worker_id=job.worker_id,
    )


async def _begin(job: Job) -> bool:
    async with transaction():
        if await _claimed(job).first() is None:
            return False
        await execute_sql(
            "INSERT OR IGNORE INTO job_steps (job_id, step_name, status, started_at) "
            "VALUES (?, ?, 'in_progress', ?)",
            [job.id, job.current_step, now()],
        )
    return True


async def _finish(job: Job, output: dict[str, object]) -> None:
    following = get_next_step(job.current_step)
    changes: dict[str, object] = {"current_step": following, "status": "pending"}
    if following == JobStepName.DONE:
        changes |= {"status": "completed", "completed_at": now()}
    elif following == JobStepName.ANALYZE:
        changes |= {"scheduled_for": now() + timedelta(hours=48)}
    async with transaction():
        if not await _claimed(job).update(**changes):
            return
        await execute_sql(
            """
            INSERT INTO job_steps (job_id, step_name, status, output_data, completed_at)
            VALUES (?, ?, 'completed', ?, ?)
            ON CONFLICT (job_id, step_name) DO UPDATE
            SET status = excluded.status,
                output_data = excluded.output_data,
                completed_at = excluded.completed_at
            """,
            [job.id, job.current_step, output, now()],
        )


async def _sentiment(job: Job) -> str | None:
    reply = await fetch_reply(job.customer_email)
    if not reply:
        return None
    for left in reversed(range(SENTIMENT_TRIES)):
        try:
            return await analyze_sentiment(reply)
        except SentimentAPIError:
            if not left:
                raise
            await sleep(0.5)
    return None


async def _recorded_sentiment(job: Job) -> str | None:
    step = await JobStepModel.filter(job_id=job.id, step_name="analyze").first()
    if step is None or step.output_data is None:
        return await _sentiment(job)
    return step.output_data["sentiment"]
