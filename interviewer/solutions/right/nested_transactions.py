"""Savepoints inside transactions; one try in each call."""

from datetime import timedelta

from candidate.helpers import get_next_step
from infra import (
    InvalidEmailError,
    Job,
    JobModel,
    JobStatus,
    JobStepModel,
    JobStepName,
    SendGridError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    now,
    send_email,
    transaction,
)
from interviewer.solutions.reference import create_campaign_jobs

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job():
    me = current_worker_id()
    async with transaction():
        found = await execute_sql(
            "SELECT id FROM jobs WHERE status = 'pending' AND (scheduled_for IS NULL OR datetime(scheduled_for) <= datetime('now')) LIMIT 1"
        )
        if found:
            await JobModel.filter(id=found[0]["id"]).update(
                status="processing", worker_id=me, started_at=now()
            )
    return await JobModel.get(id=found[0]["id"]) if found else None


async def send_email_step(job):
    fresh = await Job.filter(id=job.id).first()
    if fresh is None or fresh.status == JobStatus.FAILED:
        return False
    if fresh.current_step != JobStepName.SEND_EMAIL:
        return True
    try:
        await send_email(
            fresh.customer_email,
            f"Dear customer {fresh.customer_email}",
            idempotency_key=f"job-{job.id}-mail",
        )
    except InvalidEmailError as error:
        await execute_sql(
            "UPDATE jobs SET status='failed', error_message=?, completed_at=CURRENT_TIMESTAMP WHERE id=? AND status='processing' AND current_step='send_email'",
            [f"invalid email: {error}", job.id],
        )
        return False
    except SendGridError as error:
        delay = getattr(error, "retry_after", None) or 30
        await execute_sql(
            "UPDATE jobs SET status='pending', retry_count=retry_count+1, worker_id=NULL, started_at=NULL, scheduled_for=?, error_message=? WHERE id=? AND status='processing' AND current_step='send_email' AND worker_id IS ?",
            [now() + timedelta(seconds=delay), repr(error), job.id, job.worker_id],
        )
        return False
    return True


async def record(job_id, step, output=None):
    async with transaction():
        if await JobStepModel.filter(job_id=job_id, step_name=step).count() == 0:
            await JobStepModel.create(
                job_id=job_id,
                step_name=step,
                status="completed",
                output_data=output,
                completed_at=now(),
            )


async def process_job(job):
    async with transaction():
        cur = await JobModel.get(id=job.id)
        if cur.status != "processing":
            return
        if cur.current_step != job.current_step:
            return
        cur.last_heartbeat = now()
        await cur.save()
    out = None
    if cur.current_step == "send_email":
        ok = await send_email_step(cur)
        if not ok:
            return
    elif cur.current_step == "analyze":
        try:
            reply = await fetch_reply(cur.customer_email)
            out = {"sentiment": await analyze_sentiment(reply) if reply else None}
        except Exception:
            async with transaction():
                again = await JobModel.get(id=job.id)
                if (again.status, again.current_step, again.started_at, again.worker_id) == (
                    "processing",
                    "analyze",
                    cur.started_at,
                    cur.worker_id,
                ):
                    again.status = "pending"
                    again.worker_id = None
                    again.retry_count += 1
                    await again.save()
            return
    async with transaction():
        again = await JobModel.get(id=job.id)
        if again.status != "processing" or again.current_step != cur.current_step:
            return
        await record(job.id, cur.current_step, out)
        nxt = get_next_step(cur.current_step)
        if nxt == JobStepName.DONE:
            again.status = JobStatus.COMPLETED
            again.completed_at = now()
        else:
            again.status = JobStatus.PENDING
            again.worker_id = None
            again.started_at = None
        again.current_step = nxt
        await again.save()
    job.current_step, job.status = again.current_step, again.status
