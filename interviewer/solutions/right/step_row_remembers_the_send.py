"""The sent mail is remembered in job_steps as soon as SendGrid answers; never gives a job up.

A second call finds that row and asks SendGrid nothing, days later too. Between the answer and the
row the idempotency key does the same. The send's row is written before the job advances: it is at
most one, whoever wrote it.
"""

from datetime import datetime, timedelta
from functools import partial

import infra
from candidate.helpers import route
from infra import Job, JobModel, JobStepModel, execute_sql, send_email, transaction

RECORD = """
    INSERT INTO job_steps (job_id, step_name, status, output_data, started_at, completed_at)
    VALUES (?, ?, 'completed', ?, ?, ?)
    ON CONFLICT DO NOTHING
"""


async def _claim(order: str) -> Job | None:
    moment = infra.now()
    async with transaction():
        found = await execute_sql(
            "SELECT * FROM jobs WHERE status = ? AND coalesce(scheduled_for, '') <= ? "
            f"ORDER BY {order} LIMIT 1 FOR UPDATE",
            ["pending", moment],
            JobModel,
        )
        if not found:
            return None
        [job] = found
        await JobModel.filter(id=job.id).update(
            status="processing", worker_id=infra.current_worker_id(), started_at=moment
        )
        await job.refresh()
        return job


claim_next_job = partial(_claim, "scheduled_for, id")


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    rows = [(campaign_id, email) for email in dict.fromkeys(customer_emails)]
    created = 0
    async with transaction():
        while rows:
            chunk, rows = rows[:2000], rows[2000:]
            sql = "INSERT INTO jobs (campaign_id, customer_email) VALUES (?, ?)"
            sql += ", (?, ?)" * (len(chunk) - 1)
            result = await execute_sql(sql, [value for row in chunk for value in row])
            created += result.rowcount
    return created


async def _sent(job: Job) -> bool:
    steps = JobStepModel.filter(job_id=job.id, step_name="send_email", status="completed")
    return await steps.count() > 0


async def send_email_step(job: Job) -> bool:
    if await _sent(job):
        return True
    row = await JobModel.get(id=job.id)
    if row.current_step != "send_email":
        return True
    if row.status == "failed":
        return False

    begun = infra.now()
    try:
        message_id = await send_email(
            row.customer_email, f"Dear customer no. {row.id}, …", idempotency_key=f"job:{row.id}"
        )
    except infra.SendGridError as error:
        if isinstance(error, infra.InvalidEmailError):
            await _update(row, ["pending", "processing"], status="failed", error_message=str(error))
        else:
            await _update(
                row,
                ["processing"],
                status="pending",
                retry_count=row.retry_count + 1,
                scheduled_for=_next_try(row, error),
            )
        return False
    await execute_sql(
        RECORD, [row.id, "send_email", {"message_id": message_id}, begun, infra.now()]
    )
    return True


def _next_try(row: Job, error: infra.SendGridError) -> datetime:
    seconds = min(300.0, 2.0 ** min(row.retry_count, 10))
    if isinstance(error, infra.RateLimitError):
        seconds += error.retry_after
    return infra.now() + timedelta(seconds=seconds)


async def _update(row: Job, states: list[str], **changes: object) -> int:
    same = JobModel.filter(id=row.id, current_step=row.current_step, worker_id=row.worker_id)
    return await same.filter(status__in=states).update(**changes)


async def process_job(job: Job) -> None:
    row = await JobModel.get(id=job.id)
    if row.status != "processing" or row.worker_id != infra.current_worker_id():
        return
    if row.current_step == "send_email":
        if await send_email_step(row):
            due = infra.now() + timedelta(hours=48)
            await _update(
                row, ["processing"], current_step="analyze", status="pending", scheduled_for=due
            )
        return

    begun = infra.now()
    reply = await infra.fetch_reply(row.customer_email)
    sentiment = await infra.analyze_sentiment(reply) if reply else None
    if row.current_step == "analyze":
        output, to = {"sentiment": sentiment}, {"current_step": "take_action", "status": "pending"}
    else:
        output, to = {"action": route(sentiment)}, {"current_step": "done", "status": "completed"}
    async with transaction():
        if await _update(row, ["processing"], **to, completed_at=None):
            await execute_sql(RECORD, [row.id, row.current_step, output, begun, infra.now()])
            if to["current_step"] == "done":
                await JobModel.filter(id=row.id).update(completed_at=infra.now())
