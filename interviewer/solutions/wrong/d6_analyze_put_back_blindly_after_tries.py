"""After three tries at analyze it puts the job back by id alone, though it may be further on.

Mistake in: process_job
Must fail: D6
"""

from datetime import timedelta

from candidate.helpers import sleep
from infra import ExternalApiError, Job, JobStep, analyze_sentiment, fetch_reply, now, transaction
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    if job.current_step != "analyze":
        await process_other_step(job)
        return
    for wait_seconds in (1, 2, 4):
        try:
            reply = await fetch_reply(job.customer_email)
            sentiment = await analyze_sentiment(reply) if reply else None
        except ExternalApiError:
            await sleep(wait_seconds)
        else:
            await _advance_with(job, sentiment)
            return
    await Job.filter(id=job.id).update(
        status="pending", worker_id=None, scheduled_for=now() + timedelta(minutes=1)
    )


async def _advance_with(job: Job, sentiment: str | None) -> None:
    """Advance and keep the sentiment: both, or neither."""
    async with transaction():
        if await Job.filter(
            id=job.id, status="processing", current_step="analyze", worker_id=job.worker_id
        ).update(current_step="take_action", status="pending", worker_id=None):
            await JobStep.create(
                job_id=job.id,
                step_name="analyze",
                status="completed",
                output_data={"sentiment": sentiment},
                completed_at=now(),
            )
