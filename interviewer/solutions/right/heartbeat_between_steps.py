"""Says that it is alive before each thing that takes long."""

import asyncio
import contextlib

from infra import Job, analyze_sentiment, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job):
    row = await Job.get(id=job.id)
    if row.status != "processing" or row.current_step != job.current_step:
        return

    async def beat():
        while True:
            await asyncio.sleep(5)
            await Job.filter(id=job.id, worker_id=job.worker_id, status="processing").update(
                last_heartbeat=now()
            )

    t = asyncio.create_task(beat())
    try:
        step = row.current_step
        if step == "send_email":
            if not await send_email_step(row):
                return
            ch = dict(current_step="analyze", status="pending", worker_id=None)
        elif step == "analyze":
            r = await fetch_reply(row.customer_email)
            if r is not None:
                await analyze_sentiment(r)
            ch = dict(current_step="take_action", status="pending", worker_id=None)
        elif step == "take_action":
            ch = dict(current_step="done", status="completed", completed_at=now())
        else:
            return
        await Job.filter(id=job.id, status="processing", current_step=step).update(**ch)
    finally:
        t.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await t
