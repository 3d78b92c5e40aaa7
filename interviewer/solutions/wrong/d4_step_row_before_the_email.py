"""Records the email as done before it sends: after a crash in between it is skipped for good.

Mistake in: process_job
Must fail: D4
"""

import logging

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
)
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

logger = logging.getLogger(__name__)


async def process_job(job: Job) -> None:
    if job.current_step == JobStepName.SEND_EMAIL:
        record = JobStep.filter(job_id=job.id, step_name=JobStepName.SEND_EMAIL)
        if not await record.exists():
            await JobStep.create(
                job_id=job.id, step_name=JobStepName.SEND_EMAIL, status=JobStepStatus.COMPLETED
            )
            if not await send_email_step(job):
                await record.delete()
                return
    elif job.current_step == JobStepName.ANALYZE:
        await sentiment_of(job)
    elif job.current_step == JobStepName.TAKE_ACTION:
        logger.info("job %s: %s", job.id, route(await sentiment_of(job)))
    else:
        return
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


async def sentiment_of(job: Job):
    reply = await fetch_reply(job.customer_email)
    return await analyze_sentiment(reply) if reply else None
