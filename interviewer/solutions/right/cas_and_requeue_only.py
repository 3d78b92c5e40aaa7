"""Compare-and-set claims, one try per call and else back to the queue, one json_each INSERT.

Nothing ever sleeps in here: a transient error puts the job back with a later `scheduled_for`.
The fence is the claim itself, worker_id and started_at, so only the claim's holder changes the row.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

from candidate.helpers import route
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

GIVE_UP_AFTER = 5


def _held(job: Job):
    """The row, as long as the claim that gave us this job stands."""
    return JobModel.filter(
        id=job.id,
        status="processing",
        current_step=job.current_step,
        worker_id=job.worker_id,
        started_at=job.started_at,
    )


async def claim_next_job() -> Job | None:
    while True:
        # NULLs come first: when the earliest is not due yet, none is.
        job = await JobModel.filter(status="pending").order_by("scheduled_for").first()
        if job is None or (job.scheduled_for and job.scheduled_for > now()):
            return None
        won = await JobModel.filter(
            id=job.id,
            status="pending",
            current_step=job.current_step,
            scheduled_for=job.scheduled_for,
            retry_count=job.retry_count,
        ).update(status="processing", worker_id=current_worker_id(), started_at=now())
        if won:
            return await JobModel.get(id=job.id)


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    result = await execute_sql(
        "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, value FROM json_each(?)",
        [campaign_id, json.dumps(customer_emails)],
    )
    return result.rowcount


async def send_email_step(job: Job) -> bool:
    row = await JobModel.get(id=job.id)
    if row.current_step != "send_email":
        return True
    if row.status == "failed":
        return False

    try:
        await send_email(
            to=row.customer_email,
            body="Hello! We would love to hear from you.",
            idempotency_key=f"campaign-{row.campaign_id}:job-{row.id}",
        )
    except InvalidEmailError as error:
        await JobModel.filter(id=row.id, current_step="send_email", status__ne="completed").update(
            status="failed", error_message=f"{type(error).__name__}: {error}"
        )
        return False
    except SendGridError as error:
        await _try_later(job, row.retry_count + 1, error)
        return False
    return True


async def _try_later(job: Job, tries: int, error: SendGridError) -> None:
    if tries >= GIVE_UP_AFTER:
        message = f"gave up after {tries} tries: {error}"
        await _held(job).update(status="failed", retry_count=tries, error_message=message)
        return
    wait = max(2.0**tries, getattr(error, "retry_after", 0.0))
    await _held(job).update(
        status="pending",
        retry_count=tries,
        worker_id=None,
        scheduled_for=now() + timedelta(seconds=wait),
    )


async def _send(job: Job) -> dict | None:
    return {"sent": True} if await send_email_step(job) else None


async def _analyze(job: Job) -> dict | None:
    reply = await fetch_reply(job.customer_email)
    sentiment = await analyze_sentiment(reply) if reply is not None else None
    return {"reply": reply, "sentiment": sentiment}


async def _take_action(job: Job) -> dict | None:
    step = await JobStepModel.filter(job_id=job.id, step_name="analyze").first()
    output = (step and step.output_data) or await _analyze(job)
    return {"action": route(output["sentiment"])}


HANDLERS: dict[str, tuple[Callable[[Job], Awaitable[dict | None]], dict]] = {
    "send_email": (_send, {"current_step": "analyze", "status": "pending"}),
    "analyze": (_analyze, {"current_step": "take_action", "status": "pending"}),
    "take_action": (_take_action, {"current_step": "done", "status": "completed"}),
}


async def process_job(job: Job) -> None:
    if job.current_step not in HANDLERS or not await _held(job).count():
        return
    handler, changes = HANDLERS[job.current_step]
    output = await handler(job)
    if output is None:
        return

    moment = now()
    if changes["status"] == "completed":
        changes = changes | {"completed_at": moment}
    if changes["current_step"] == "analyze":
        changes = changes | {"scheduled_for": moment + timedelta(minutes=5)}
    async with transaction():
        if await _held(job).update(**changes):
            await JobStepModel.create(
                job_id=job.id,
                step_name=job.current_step,
                status="completed",
                output_data=output,
                started_at=job.started_at,
                completed_at=moment,
            )
