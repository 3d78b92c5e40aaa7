"""A class whose methods are the steps; each failed try is counted in the row while it goes on."""

import asyncio
import random

from candidate.helpers import get_next_step, is_transient_error, route, sleep
from infra import (
    Job,
    JobModel,
    JobStepModel,
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


WORKER_ID = current_worker_id()


async def claim_next_job():
    while True:
        rows = await execute_sql(
            "SELECT id FROM jobs WHERE status='pending' AND (scheduled_for IS NULL OR scheduled_for<=?) LIMIT 1",
            [now()],
        )
        if not rows:
            return None
        r = await execute_sql(
            "UPDATE jobs SET status='processing', worker_id=?, started_at=? WHERE id=? AND status='pending' AND (scheduled_for IS NULL OR scheduled_for<=?)",
            [WORKER_ID, now(), rows[0]["id"], now()],
        )
        if r.rowcount == 1:
            return await Job.get(id=rows[0]["id"])
        await asyncio.sleep(random.uniform(0.001, 0.01))


async def send_email_step(job):
    while True:
        async with transaction():
            fresh = await JobModel.get(id=job.id)
        if fresh.status == "failed":
            return False
        if fresh.current_step != "send_email" or fresh.status == "completed":
            return True
        if fresh.status == "pending":
            return False
        if fresh.retry_count >= 7:
            await JobModel.filter(id=job.id, status="processing", current_step="send_email").update(
                status="failed", error_message="too many tries"
            )
            return False
        try:
            await send_email(fresh.customer_email, "Hello", f"email-job-{fresh.id}")
            return True
        except Exception as e:
            if not is_transient_error(e):
                await JobModel.filter(
                    id=job.id, status="processing", current_step="send_email"
                ).update(status="failed", error_message=str(e))
                return False
            await execute_sql(
                "UPDATE jobs SET retry_count = retry_count + 1, last_heartbeat = ? WHERE id = ? AND status='processing' AND current_step='send_email'",
                [now(), job.id],
            )
            await sleep(getattr(e, "retry_after", 0) or 2**fresh.retry_count)


class Worker:
    def __init__(self, job):
        self.job = job

    async def run(self):
        j = self.job
        fresh = await JobModel.get(id=j.id)
        if fresh.status != "processing" or fresh.current_step != j.current_step:
            return
        out = await getattr(self, f"do_{fresh.current_step}")(fresh)
        if out is None:
            return
        nxt = get_next_step(fresh.current_step)
        async with transaction():
            won = await JobModel.filter(
                id=fresh.id, status="processing", current_step=fresh.current_step
            ).update(
                current_step=nxt,
                status="completed" if nxt == "done" else "pending",
                completed_at=now() if nxt == "done" else None,
                worker_id=fresh.worker_id if nxt == "done" else None,
            )
            if not won:
                return
            await JobStepModel.create(
                job_id=fresh.id,
                step_name=fresh.current_step,
                status="completed",
                output_data=out,
                started_at=now(),
                completed_at=now(),
            )

    async def do_send_email(self, f):
        return {"ok": 1} if await send_email_step(f) else None

    async def do_analyze(self, f):
        reply = await fetch_reply(f.customer_email)
        return {"sentiment": None if reply is None else await analyze_sentiment(reply)}

    async def do_take_action(self, f):
        # the sentiment was recorded by the step before, in the transaction that advanced
        analysis = await JobStepModel.get(job_id=f.id, step_name="analyze")
        return {"action": route(analysis.output_data["sentiment"])}


async def process_job(job):
    await Worker(job).run()
