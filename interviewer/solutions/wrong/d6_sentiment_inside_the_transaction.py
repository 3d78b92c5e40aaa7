"""Asks for reply and sentiment in the transaction that stores them: everybody waits for the API.

Mistake in: process_job
Must fail: D6
"""

from candidate.helpers import get_next_step, route
from infra import (
    Job,
    JobStatus,
    JobStep,
    JobStepName,
    JobStepStatus,
    analyze_sentiment,
    fetch_reply,
    now,
    transaction,
)
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    if job.current_step == JobStepName.SEND_EMAIL:
        if await send_email_step(job):
            await advance(job)
    elif job.current_step in {JobStepName.ANALYZE, JobStepName.TAKE_ACTION}:
        async with transaction():
            if not await advance(job):
                return
            sentiment = await sentiment_of(job)
            await JobStep.create(
                job_id=job.id,
                step_name=job.current_step,
                status=JobStepStatus.COMPLETED,
                output_data={"sentiment": sentiment, "action": route(sentiment)},
                completed_at=now(),
            )


async def advance(job: Job) -> bool:
    """Move on to the next step, unless somebody else has."""
    next_step = get_next_step(job.current_step)
    done = next_step == JobStepName.DONE
    moved = await Job.filter(
        id=job.id,
        status=JobStatus.PROCESSING,
        current_step=job.current_step,
        worker_id=job.worker_id,
    ).update(
        current_step=next_step,
        status=JobStatus.COMPLETED if done else JobStatus.PENDING,
        completed_at=now() if done else None,
        worker_id=None,
    )
    return moved == 1


async def sentiment_of(job: Job):
    reply = await fetch_reply(job.customer_email)
    return await analyze_sentiment(reply) if reply else None
