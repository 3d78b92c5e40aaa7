"""As little as does it: no step rows, no wait between the steps, errors of the readers escape.

`send` returns at once and the queue does the retrying. A job's place in the workflow is the only
state, and every change of it is one UPDATE that names the place it comes from.
"""

from datetime import timedelta

from infra import (
    InvalidEmailError,
    Job,
    SendGridError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)


async def claim_next_job() -> Job | None:
    t = now()
    while rows := await execute_sql(
        "SELECT id FROM jobs WHERE status='pending' AND (scheduled_for IS NULL OR scheduled_for<=?)"
        " LIMIT 1",
        [t],
    ):
        won = await execute_sql(
            "UPDATE jobs SET status='processing', worker_id=?, started_at=?, scheduled_for=NULL"
            " WHERE id=? AND status='pending' AND (scheduled_for IS NULL OR scheduled_for<=?)"
            " RETURNING *",
            [current_worker_id(), now(), rows[0]["id"], t],
            Job,
        )
        if won:
            return won[0]
        t = now()
    return None


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    emails = list(customer_emails)
    async with transaction():
        while chunk := emails[:900]:
            del emails[:900]
            await execute_sql(
                "INSERT INTO jobs (customer_email, campaign_id) VALUES "
                + ",".join([f"(?,{campaign_id:d})"] * len(chunk)),
                chunk,
            )
    return len(customer_emails)


async def send_email_step(job: Job) -> bool:
    row = await Job.get(id=job.id)
    if row.current_step != "send_email" or row.status in ("completed", "failed"):
        return row.status != "failed"
    here = Job.filter(id=job.id, current_step="send_email")
    try:
        await send_email(row.customer_email, "Hello!", f"job{job.id}")
    except InvalidEmailError as e:
        await here.filter(status__ne="completed").update(status="failed", error_message=repr(e))
    except SendGridError:
        n = row.retry_count + 1
        await here.filter(status="processing", retry_count=n - 1).update(
            status="pending", retry_count=n, scheduled_for=now() + timedelta(seconds=n * 5)
        )
    else:
        return True
    return False


async def process_job(job: Job) -> None:
    here = Job.filter(id=job.id, current_step=job.current_step, status="processing")
    if not await here.count():
        return
    if job.current_step == "send_email":
        if await send_email_step(job):
            await here.update(current_step="analyze", status="pending")
    elif job.current_step == "analyze":
        if reply := await fetch_reply(job.customer_email):
            await analyze_sentiment(reply)
        await here.update(current_step="take_action", status="pending")
    elif job.current_step == "take_action":
        await here.update(current_step="done", status="completed", completed_at=now())
