"""Retries for 20 hours from the first try, while a key still lives, and gives up only then.

The first try's moment is in job_steps. A mail that went out unseen is known to SendGrid for 24
hours, so a job that is hours late is failed, after five tries or more, and never sent twice.
"""

import contextlib
import json
import sqlite3
from datetime import timedelta

from candidate.helpers import generate_idempotency_key, get_next_step, route, sleep
from infra import (
    CampaignModel,
    ExternalApiError,
    InvalidEmailError,
    Job,
    JobModel,
    JobStepModel,
    JobStepStatus,
    SendGridError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)

KEY_IS_SAFE_FOR = timedelta(hours=20)
LONGEST_WAIT = timedelta(minutes=30)

_subjects: dict[int, str] = {}


async def claim_next_job() -> Job | None:
    async with transaction():
        jobs = await execute_sql(
            "SELECT * FROM jobs WHERE status = 'pending' "
            "AND (scheduled_for IS NULL OR scheduled_for <= ?) ORDER BY id LIMIT 1 "
            "FOR UPDATE OF jobs NOWAIT",
            [now()],
            Job,
        )
        if not jobs:
            return None
        await Job.filter(id=jobs[0].id).update(
            status="processing",
            worker_id=current_worker_id(),
            started_at=now(),
            last_heartbeat=now(),
            scheduled_for=None,
        )
        return await Job.get(id=jobs[0].id)


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    created = 0
    async with transaction():
        for start in range(0, len(customer_emails), 4_000):
            rows = [[campaign_id, email] for email in customer_emails[start : start + 4_000]]
            result = await execute_sql(
                "INSERT INTO jobs (campaign_id, customer_email) "
                "SELECT value ->> 0, value ->> 1 FROM json_each(?)",
                [json.dumps(rows, ensure_ascii=False)],
            )
            created += result.rowcount
    return created


async def _subject(campaign_id: int) -> str:
    if campaign_id not in _subjects:
        _subjects[campaign_id] = (await CampaignModel.get(id=campaign_id)).name
    return _subjects[campaign_id]


async def _open_step(job: Job) -> JobStepModel:
    """Return the row of this step. The first to come makes it."""
    with contextlib.suppress(sqlite3.IntegrityError):
        return await JobStepModel.create(
            job_id=job.id,
            step_name=job.current_step,
            status=JobStepStatus.IN_PROGRESS,
            started_at=now(),
        )
    return await JobStepModel.get(job_id=job.id, step_name=job.current_step)


async def send_email_step(job: Job) -> bool:
    row = await JobModel.get(id=job.id)
    if row.current_step != "send_email":
        return True
    if row.status == "failed":
        return False

    begun = (await _open_step(row)).started_at
    if begun and row.retry_count >= 3 and now() - begun > KEY_IS_SAFE_FOR:
        message = f"gave up after {2 * row.retry_count} tries, the last: {row.error_message}"
        await _fail(row, message)
        return False

    body = await _subject(row.campaign_id)
    key = generate_idempotency_key(row.id, row.current_step)
    try:
        try:
            await send_email(row.customer_email, body, key)
        except InvalidEmailError:
            raise
        except SendGridError as error:
            await sleep(getattr(error, "retry_after", 2.0))
            await send_email(row.customer_email, body, key)
    except InvalidEmailError as error:
        await _fail(row, f"invalid address: {error}")
        return False
    except SendGridError as error:
        await _later(row, error)
        return False
    return True


async def _later(job: Job, error: SendGridError) -> None:
    calls = job.retry_count + 1
    wait = min(LONGEST_WAIT, timedelta(seconds=10 * 2 ** min(calls, 16)))
    same = _still(job).filter(retry_count=job.retry_count)
    await same.update(
        status="pending",
        retry_count=calls,
        error_message=str(error),
        scheduled_for=now() + wait,
    )


async def _fail(job: Job, message: str) -> None:
    async with transaction():
        if await _still(job, "pending", "processing").update(
            status="failed", error_message=message
        ):
            step = JobStepModel.filter(job_id=job.id, step_name="send_email")
            await step.update(status="failed", output_data={"error": message})


def _still(job: Job, *statuses: str):
    return JobModel.filter(
        id=job.id, current_step=job.current_step, status__in=statuses or ["processing"]
    )


async def process_job(job: Job) -> None:
    row = await _still(job).filter(worker_id=job.worker_id).first()
    if row is None or get_next_step(row.current_step) is None:
        return

    output: dict[str, object] = {}
    due = None
    if row.current_step == "send_email":
        if not await send_email_step(row):
            return
        due = now() + timedelta(hours=48)
    else:
        try:
            reply = await fetch_reply(row.customer_email)
            output["sentiment"] = await analyze_sentiment(reply) if reply else None
        except ExternalApiError as error:
            await (
                _still(row)
                .filter(worker_id=row.worker_id)
                .update(
                    status="pending",
                    retry_count=row.retry_count + 1,
                    error_message=str(error),
                    scheduled_for=now() + timedelta(minutes=1),
                )
            )
            return
        if row.current_step == "take_action":
            output["action"] = route(output["sentiment"])

    following = get_next_step(row.current_step)
    changes = {"current_step": following, "status": "pending", "scheduled_for": due}
    changes["error_message"] = None
    if following == "done":
        changes |= {"status": "completed", "completed_at": now()}
    async with transaction():
        if not await _still(row).filter(worker_id=row.worker_id).update(**changes):
            return
        step = await _open_step(row)
        step.status = JobStepStatus.COMPLETED
        step.completed_at = now()
        step.output_data = output
        await step.save()
