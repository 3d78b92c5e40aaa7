"""Decorators time every function and guard process_job; a compare-and-set tells whether it may.

The guard stamps `last_heartbeat` where the claim still stands. It changes one row or none, so it is
the question and the fence at once, and the job that was given can be trusted from then on.
"""

import functools
import json
import logging
import time
from datetime import datetime, timedelta
from datetime import timezone as tz

from candidate.helpers import get_next_step, is_permanent_error, is_transient_error, route, sleep
from infra import (
    Job,
    JobModel,
    SendGridError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    send_email,
)

logger = logging.getLogger(__name__)


def timed(function):
    @functools.wraps(function)
    async def wrapper(*args, **kwargs):
        begun = time.perf_counter()
        try:
            return await function(*args, **kwargs)
        finally:
            logger.debug("%s: %.3f s", function.__name__, time.perf_counter() - begun)

    return wrapper


def only_while_claimed(function):
    @functools.wraps(function)
    async def wrapper(job: Job) -> None:
        if await held(job).update(last_heartbeat=utcnow()):
            await function(job)
        else:
            logger.info("job %s is no longer ours", job.id)

    return wrapper


def utcnow() -> datetime:
    return datetime.now(tz.utc)  # noqa: UP017


def held(job: Job):
    return JobModel.filter(
        id=job.id, status="processing", current_step=job.current_step, started_at=job.started_at
    ).filter(worker_id=current_worker_id())


@timed
async def claim_next_job() -> Job | None:
    while True:
        waiting = await execute_sql(
            "SELECT id FROM jobs WHERE status = 'pending' "
            "AND (scheduled_for IS NULL OR scheduled_for <= ?) ORDER BY id LIMIT 10",
            [utcnow()],
        )
        for row in waiting:
            sql = (
                "UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ? WHERE id = ?"
                " AND status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)"
                " RETURNING *"
            )
            at = utcnow()
            jobs = await execute_sql(sql, [current_worker_id(), at, row["id"], at], Job)
            if jobs:
                return jobs[0]
        if not waiting:
            return None


@timed
async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    rows = json.dumps([{"email": email} for email in dict.fromkeys(customer_emails)])
    result = await execute_sql(
        "INSERT INTO jobs (campaign_id, customer_email, scheduled_for) "
        "SELECT ?, value ->> 'email', ? FROM json_each(?) ORDER BY key",
        [campaign_id, utcnow(), rows],
    )
    return result.rowcount


@timed
async def send_email_step(job: Job) -> bool:
    row = await JobModel.get(id=job.id)
    if row.current_step != "send_email":
        return True
    if row.status == "failed":
        return False

    delay = 0.5
    while True:
        try:
            await send_email(row.customer_email, "Shall we talk?", f"first-mail-of-job-{job.id}")
            return True
        except SendGridError as error:
            if is_permanent_error(error):
                await JobModel.filter(
                    id=job.id, current_step="send_email", status__in=["pending", "processing"]
                ).update(status="failed", error_message=str(error))
                return False
            assert is_transient_error(error), error
            if delay > 10:
                await put_back(job, error)
                return False
            await sleep(getattr(error, "retry_after", 0) + delay)
            delay *= 3


async def put_back(job: Job, error: SendGridError) -> None:
    """Leave it for a later claim. The count goes up where it stands, as we may not know it."""
    await execute_sql(
        """
        UPDATE jobs
        SET status = 'pending', retry_count = retry_count + 1, error_message = ?, scheduled_for = ?
        WHERE id = ? AND status = 'processing' AND current_step = 'send_email'
          AND worker_id = ? AND started_at = ?
        """,
        [str(error), utcnow() + timedelta(minutes=3), job.id, job.worker_id, job.started_at],
    )


@timed
@only_while_claimed
async def process_job(job: Job) -> None:
    changes: dict[str, object] = {"status": "pending", "scheduled_for": None}
    if job.current_step == "send_email":
        if not await send_email_step(job):
            return
        changes["scheduled_for"] = utcnow() + timedelta(hours=48)
    else:
        sentiment = await read_sentiment(job)
        logger.info("job %s: %s", job.id, route(sentiment))
    if job.current_step == "take_action":
        changes = {"status": "completed", "completed_at": utcnow()}
    await held(job).update(current_step=get_next_step(job.current_step), **changes)


async def read_sentiment(job: Job):
    reply = await fetch_reply(job.customer_email)
    return await analyze_sentiment(reply) if reply else None
