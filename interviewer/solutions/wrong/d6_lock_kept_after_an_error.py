"""Does not release its lock when an error escapes: the worker's later calls wait for ever.

Mistake in: process_job
Must fail: D6
Also fails: D7
"""

import asyncio

from candidate.helpers import get_next_step
from infra import Job, analyze_sentiment, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

one_at_a_time = asyncio.Lock()


async def process_job(job: Job) -> None:
    await one_at_a_time.acquire()
    if job.current_step == "send_email" and not await send_email_step(job):
        one_at_a_time.release()
        return
    if job.current_step == "analyze":
        reply = await fetch_reply(job.customer_email)
        if reply:
            await analyze_sentiment(reply)
    if job.current_step != "done":
        step = get_next_step(job.current_step)
        await Job.filter(id=job.id, current_step=job.current_step, status="processing").update(
            current_step=step,
            status="completed" if step == "done" else "pending",
            completed_at=now() if step == "done" else None,
        )
    one_at_a_time.release()
