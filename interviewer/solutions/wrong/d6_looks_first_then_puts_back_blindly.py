"""Looks whether the job is its own, but puts it back by id alone after the call.

Mistake in: process_job
Must fail: D6
"""

import json
from dataclasses import dataclass
from datetime import timedelta

from candidate.helpers import generate_idempotency_key, get_next_step, route
from infra import (
    InvalidEmailError,
    Job,
    JobModel,
    JobStep,
    RateLimitError,
    TimeoutError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)

_CLAIM = """
    UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id = (
        SELECT id FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY created_at LIMIT 1
    ) AND status = 'pending'
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    at = now()
    rows = await execute_sql(_CLAIM, (current_worker_id(), at, at), model=Job)
    return rows[0] if rows else None


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    result = await execute_sql(
        "INSERT INTO jobs (campaign_id, customer_email, current_step, status, retry_count, created_at) "
        "SELECT ?, value, 'send_email', 'pending', 0, ? FROM json_each(?)",
        (campaign_id, now(), json.dumps(customer_emails)),
    )
    return result.rowcount


MAX_TRIES = 5


@dataclass(frozen=True)
class Lease:
    """What nobody else has: this claim of this job by this worker, at this step."""

    job_id: int
    worker_id: str | None
    started_at: object
    step: str

    @classmethod
    def of(cls, job: Job) -> "Lease":
        return cls(job.id, job.worker_id, job.started_at, job.current_step)

    def rows(self):
        return JobModel.filter(
            id=self.job_id,
            worker_id=self.worker_id,
            started_at=self.started_at,
            current_step=self.step,
            status="processing",
        )

    async def held(self) -> bool:
        return await self.rows().count() == 1


async def send_email_step(job: Job) -> bool:
    row = await JobModel.get(id=job.id)
    if row.current_step != "send_email":
        return True
    if row.status == "failed":
        return False
    lease = Lease.of(row)
    try:
        await send_email(row.customer_email, "Body", generate_idempotency_key(row.id, "send_email"))
        return True
    except InvalidEmailError as e:
        await JobModel.filter(id=row.id, current_step="send_email", status__ne="failed").update(
            status="failed", error_message=f"invalid: {e}", worker_id=None
        )
    except (RateLimitError, TimeoutError) as e:
        tries = row.retry_count + 1
        if tries >= MAX_TRIES:
            await lease.rows().update(
                status="failed", retry_count=tries, error_message=f"gave up: {e}"
            )
        else:
            await JobModel.filter(id=row.id).update(
                status="pending",
                retry_count=tries,
                worker_id=None,
                scheduled_for=now() + timedelta(seconds=getattr(e, "retry_after", 0) or 2**tries),
            )
    return False


async def process_job(job: Job) -> None:
    lease = Lease.of(job)
    if not await lease.held():
        return
    output: dict = {}
    if lease.step == "send_email":
        if not await send_email_step(job):
            return
    elif lease.step == "analyze":
        reply = await fetch_reply(job.customer_email)
        output = {"sentiment": await analyze_sentiment(reply) if reply is not None else None}
    elif lease.step == "take_action":
        step = await JobStep.filter(job_id=job.id, step_name="analyze").first()
        sentiment = step.output_data.get("sentiment") if step and step.output_data else None
        output = {"action": route(sentiment)}
    after = get_next_step(lease.step)
    if after is None:
        return
    async with transaction():
        if not await lease.held():
            return
        if await JobStep.filter(job_id=job.id, step_name=lease.step).first() is None:
            await JobStep.create(
                job_id=job.id,
                step_name=lease.step,
                status="completed",
                output_data=output,
                completed_at=now(),
            )
        changes = {"current_step": after, "worker_id": None}
        if after == "done":
            changes.update(status="completed", completed_at=now())
        else:
            changes.update(status="pending", scheduled_for=None)
        await lease.rows().update(**changes)
