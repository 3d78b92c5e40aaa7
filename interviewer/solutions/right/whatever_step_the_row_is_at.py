"""Believes the row alone: runs the step that the row is at, whatever copy of the job it was given.

The compare-and-set on the step lets one of several callers advance it. It may be called for a row
that waits for its next claim: that step is then done early, once, and the next claim finds the one
after it.
"""

import asyncio
import json
import random
from dataclasses import dataclass
from datetime import timedelta

from candidate.helpers import generate_idempotency_key, route
from infra import (
    Job,
    JobModel,
    JobStatus,
    JobStepName,
    RateLimitError,
    SendGridError,
    SentimentAPIError,
    TimeoutError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
)

OPEN = (JobStatus.PENDING, JobStatus.PROCESSING)


@dataclass(frozen=True, slots=True)
class Retry:
    tries: int
    first: float
    factor: float = 2.0

    def waits(self) -> list[float]:
        return [self.first * self.factor**n for n in range(self.tries - 1)]


SENDING = Retry(tries=4, first=0.8)
READING = Retry(tries=3, first=0.4)


async def claim_next_job() -> Job | None:
    moment = now()
    rows = await execute_sql(
        "UPDATE jobs SET status = ?, worker_id = ?, started_at = ?, last_heartbeat = ? "
        "WHERE id = (SELECT id FROM jobs WHERE status = ? "
        "AND (scheduled_for IS NULL OR scheduled_for <= ?) ORDER BY id LIMIT 1) RETURNING id",
        [JobStatus.PROCESSING, current_worker_id(), moment, moment, JobStatus.PENDING, moment],
    )
    return await JobModel.get(id=rows[0]["id"]) if rows else None


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    sql = """
        INSERT INTO jobs (campaign_id, customer_email, current_step, status, created_at)
        SELECT :c, value, 'send_email', 'pending', :t FROM json_each(:e)
    """
    sql = sql.replace(":c", "?").replace(":t", "?").replace(":e", "?")
    inserted = await execute_sql(sql, (campaign_id, now(), json.dumps(customer_emails)))
    return inserted.rowcount


async def send_email_step(job: Job) -> bool:
    row = await JobModel.get(id=job.id)
    if row.current_step != JobStepName.SEND_EMAIL:
        return True
    if row.status not in OPEN:
        return False
    key = generate_idempotency_key(row.id, row.current_step)
    for wait in [*SENDING.waits(), None]:
        try:
            await send_email(row.customer_email, "We miss you!", key)
            return True
        except (RateLimitError, TimeoutError) as error:
            if wait is None:
                await _at(row).update(
                    status="pending",
                    retry_count=row.retry_count + 1,
                    scheduled_for=now() + timedelta(seconds=45),
                )
                break
            await asyncio.sleep(getattr(error, "retry_after", 0.0) + wait * random.random() + 0.05)
        except SendGridError as error:
            await _at(row).update(status="failed", error_message=str(error) or repr(error))
            break
    return False


def _at(row: Job):
    return JobModel.filter(id=row.id, current_step=row.current_step, status__in=OPEN)


async def _sentiment(row: Job):
    reply = await fetch_reply(row.customer_email)
    if reply is None:
        return None
    for wait in READING.waits():
        try:
            return await analyze_sentiment(reply)
        except SentimentAPIError:
            await asyncio.sleep(wait)
    return await analyze_sentiment(reply)


async def process_job(job: Job) -> None:
    row = await JobModel.get(id=job.id)
    if row.status not in OPEN:
        return

    changes: dict[str, object] = {"status": "pending", "scheduled_for": None}
    match row.current_step:
        case JobStepName.SEND_EMAIL:
            if not await send_email_step(row):
                return
            changes |= {"current_step": "analyze", "scheduled_for": now() + timedelta(minutes=5)}
        case JobStepName.ANALYZE:
            await _sentiment(row)
            changes |= {"current_step": "take_action"}
        case JobStepName.TAKE_ACTION:
            print(row.customer_email, "->", route(await _sentiment(row)))
            changes = {"current_step": "done", "status": "completed", "completed_at": now()}
    await _at(row).update(**changes)


async def _main() -> None:
    while job := await claim_next_job():
        await process_job(job)


if __name__ == "__main__":
    asyncio.run(_main())
