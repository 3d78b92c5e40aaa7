"""Each step that follows comes a week after the one before.

A job may be scheduled for later after a step, and nothing says how much later. A week is longer
than SendGrid remembers a key, but only a job whose email is out gets there.
"""

from datetime import timedelta

from infra import Job, analyze_sentiment, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

A_WEEK = timedelta(days=7)


async def process_job(job: Job) -> None:
    if job.current_step == "send_email":
        if await send_email_step(job):
            await _advance(job, to="analyze")
    elif job.current_step == "analyze":
        if reply := await fetch_reply(job.customer_email):
            await analyze_sentiment(reply)
        await _advance(job, to="take_action")
    else:
        await process_other_step(job)


async def _advance(job: Job, *, to: str) -> None:
    """Go on in a week, unless the job is no longer as this worker claimed it."""
    await Job.filter(
        id=job.id,
        status="processing",
        current_step=job.current_step,
        worker_id=job.worker_id,
    ).update(
        current_step=to,
        status="pending",
        worker_id=None,
        retry_count=0,
        scheduled_for=now() + A_WEEK,
    )
