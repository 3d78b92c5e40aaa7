"""Reads side by side in an asyncio.TaskGroup or gather; three compare-and-sets, then a transaction.

Only reads run side by side, and never inside a transaction. After three lost races the claim takes
the write lock and cannot lose any more.
"""

import asyncio
import json
import random
from datetime import timedelta

from candidate.helpers import WORKFLOW_STEPS, generate_idempotency_key, route
from infra import (
    InvalidEmailError,
    Job,
    JobModel,
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

PICK = """
    SELECT * FROM jobs
    WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
    ORDER BY id LIMIT 1
"""


async def claim_next_job() -> Job | None:
    for _ in range(3):
        found = await execute_sql(PICK, [now()], JobModel)
        if not found:
            return None
        job = found[0]
        stamps = {"status": "processing", "worker_id": current_worker_id(), "started_at": now()}
        unchanged = JobModel.filter(
            id=job.id,
            status="pending",
            current_step=job.current_step,
            retry_count=job.retry_count,
            scheduled_for=job.scheduled_for,
        )
        if await unchanged.update(**stamps):
            return await JobModel.get(id=job.id)

    async with transaction():
        found = await execute_sql(PICK, [now()], JobModel)
        if not found:
            return None
        job = found[0]
        job.status = "processing"
        job.worker_id = current_worker_id()
        job.started_at = now()
        await job.save()
        return job


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    await execute_sql(
        "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, value FROM json_each(?)",
        (campaign_id, json.dumps(customer_emails)),
    )
    return len(customer_emails)


async def _look(job: Job) -> tuple[Job | None, dict[str, dict]]:
    """Return the job as it is now, and what its completed steps found out."""
    row, steps = await asyncio.gather(
        JobModel.filter(id=job.id).first(),
        JobStepModel.filter(job_id=job.id, status="completed").all(),
    )
    return row, {step.step_name: step.output_data or {} for step in steps}


async def send_email_step(job: Job) -> bool:
    row, done = await _look(job)
    if row is None:
        return False
    if row.current_step != "send_email" or "send_email" in done:
        return True
    if row.status == "failed":
        return False

    tries = 0
    while True:
        try:
            await send_email(row.customer_email, "Hi!", generate_idempotency_key(row.id, "mail"))
            return True
        except InvalidEmailError as error:
            await (
                JobModel.filter(id=row.id, current_step="send_email")
                .filter(status__in=["pending", "processing"])
                .update(status="failed", error_message=str(error))
            )
            return False
        except SendGridError as error:
            tries += 1
            wait = getattr(error, "retry_after", 0) + random.expovariate(1) + 0.1
            if tries == 2:
                break
            await asyncio.sleep(wait)

    async with transaction():
        fresh = await JobModel.get(id=row.id)
        if (fresh.current_step, fresh.status) == ("send_email", "processing"):
            fresh.status = "pending"
            fresh.retry_count += tries
            fresh.scheduled_for = now() + timedelta(seconds=30 + wait)
            await fresh.save()
    return False


async def process_job(job: Job) -> None:
    row, done = await _look(job)
    if row is None or row.status != "processing" or row.current_step != job.current_step:
        return

    output: dict[str, object] = {}
    if row.current_step == "send_email":
        if not await send_email_step(row):
            return
    elif row.current_step == "analyze":
        async with asyncio.TaskGroup() as group:
            reply_task = group.create_task(fetch_reply(row.customer_email))
            others = group.create_task(_jobs_of(row.customer_email))
        reply = reply_task.result()
        output["sentiment"] = await analyze_sentiment(reply) if reply else None
        output["jobs_of_customer"] = others.result()
    else:
        output["action"] = route(done.get("analyze", {}).get("sentiment"))

    following = WORKFLOW_STEPS[WORKFLOW_STEPS.index(row.current_step) + 1]
    changes: dict[str, object] = {"status": "pending", "current_step": following}
    if following == "done":
        changes |= {"status": "completed", "completed_at": now()}
    async with transaction():
        is_ours = JobModel.filter(
            id=row.id, current_step=row.current_step, status="processing", worker_id=row.worker_id
        )
        if await is_ours.update(**changes):
            sql = "INSERT OR IGNORE INTO job_steps (job_id, step_name, status, output_data) VALUES (?, ?, ?, ?)"
            await execute_sql(sql, [row.id, row.current_step, "completed", output])


async def _jobs_of(email: str) -> int:
    sql = "SELECT count(*) AS jobs FROM jobs WHERE customer_email = ?"
    return (await execute_sql(sql, [email]))[0]["jobs"]
