"""Looks again every twelve hours until there is a reply: jobs of the 40 % without one never end.

Mistake in: process_job
Must fail: D7
"""

from datetime import timedelta

from candidate.helpers import get_next_step
from infra import Job, JobStatus, JobStepName, analyze_sentiment, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

LOOK_AGAIN = timedelta(hours=12)


async def process_job(job: Job) -> None:
    if job.current_step == JobStepName.SEND_EMAIL:
        if await send_email_step(job):
            await advance(job)
    elif job.current_step == JobStepName.ANALYZE:
        reply = await fetch_reply(job.customer_email)
        if reply is None:
            await Job.filter(
                id=job.id, status=JobStatus.PROCESSING, worker_id=job.worker_id
            ).update(status=JobStatus.PENDING, scheduled_for=now() + LOOK_AGAIN)
            return
        await analyze_sentiment(reply)
        await advance(job)
    elif job.current_step == JobStepName.TAKE_ACTION:
        await advance(job)


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
