"""Greets by the name that Salesforce has; picks among ten by a hash of the worker's id.

Salesforce may be down: the mail then says "there", and is still the same mail, for its key is that
of the job. Reply and name are asked for at once, outside of any transaction.
"""

import asyncio
import json
import zlib
from datetime import timedelta

from candidate.helpers import generate_idempotency_key, get_next_step, route
from infra import (
    InvalidEmailError,
    Job,
    JobModel,
    JobStep,
    SalesforceError,
    SendGridError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    fetch_salesforce_data,
    now,
    send_email,
    transaction,
)

DUE = "status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)"

# Only saves calls: another worker has its own, and asks again.
_names: dict[str, str] = {}


async def claim_next_job() -> Job | None:
    worker_id = current_worker_id()
    turn = zlib.crc32(worker_id.encode())
    while True:
        choices = await execute_sql(
            f"SELECT id FROM jobs WHERE {DUE} ORDER BY created_at LIMIT 10", [now()]
        )
        if not choices:
            return None
        job_id = choices[turn % len(choices)]["id"]
        turn += 1
        sql = f"UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ? WHERE id = ? AND {DUE}"
        if (await execute_sql(sql, [worker_id, now(), job_id, now()])).rowcount:
            return await JobModel.get(id=job_id)


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    created = 0
    async with transaction():
        for start in range(0, len(customer_emails), 10_000):
            async with transaction():
                rows = await execute_sql(
                    "INSERT INTO jobs (campaign_id, customer_email) "
                    "SELECT ?, value FROM json_each(?) RETURNING id",
                    [campaign_id, json.dumps(customer_emails[start : start + 10_000])],
                )
                created += len(rows)
    return created


async def _name(email: str) -> str:
    if email not in _names:
        literal = email.replace("\\", "\\\\").replace("'", "\\'")
        try:
            contacts = await fetch_salesforce_data(
                f"SELECT Name FROM Contact WHERE Email = '{literal}' LIMIT 1"
            )
        except SalesforceError:
            return "there"
        _names[email] = contacts[0]["Name"] if contacts else "there"
    return _names[email]


async def send_email_step(job: Job) -> bool:
    row = await JobModel.get(id=job.id)
    if row.current_step != "send_email":
        return True
    if row.status == "failed":
        return False

    body = f"Hi {await _name(row.customer_email)}, do you have five minutes this week?"
    key = generate_idempotency_key(row.id, "send_email")
    problems: list[str] = []
    for delay in [1, 3, 9, 27, 81]:
        try:
            await send_email(row.customer_email, body, key)
        except SendGridError as error:
            problems.append(str(error))
            if isinstance(error, InvalidEmailError):
                break
            await asyncio.sleep(max(delay, getattr(error, "retry_after", 0)))
        else:
            return True

    await JobModel.filter(
        id=row.id, current_step="send_email", status__in=["pending", "processing"]
    ).update(
        status="failed",
        error_message=f"not sent after {len(problems)} tries: {problems[-1]}",
        retry_count=row.retry_count + len(problems),
    )
    return False


async def process_job(job: Job) -> None:
    row = await JobModel.get(id=job.id)
    if row.status != "processing" or row.current_step != job.current_step:
        return

    output: dict[str, object]
    if row.current_step == "send_email":
        if not await send_email_step(row):
            return
        output = {}
    else:
        name, reply = await asyncio.gather(
            _name(row.customer_email), fetch_reply(row.customer_email)
        )
        sentiment = await analyze_sentiment(reply) if reply else None
        output = {"name": name, "sentiment": sentiment}
        if row.current_step == "take_action":
            output["action"] = route(sentiment)
    await _advance(row, output)


async def _advance(row: Job, output: dict[str, object]) -> None:
    async with transaction():
        [fresh] = await execute_sql("SELECT * FROM jobs WHERE id = ? FOR UPDATE", [row.id], Job)
        if fresh.status != "processing" or fresh.current_step != row.current_step:
            return
        fresh.current_step = get_next_step(row.current_step)
        if fresh.current_step == "done":
            fresh.status = "completed"
            fresh.completed_at = now()
        else:
            fresh.status = "pending"
            wait = timedelta(hours=48 if fresh.current_step == "analyze" else 0)
            fresh.scheduled_for = now() + wait
        await fresh.save()
        done = {"status": "completed", "completed_at": now(), "output_data": output}
        step = await JobStep.filter(job_id=row.id, step_name=row.current_step).first()
        if step is None:
            await JobStep.create(job_id=row.id, step_name=row.current_step, **done)
