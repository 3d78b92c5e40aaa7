"""Goes on without a sentiment when the service has failed four times.

Mistake in: process_job
Must fail: D6
"""

from candidate.helpers import get_next_step, sleep
from infra import (
    Job,
    JobStatus,
    JobStepName,
    SentimentAPIError,
    analyze_sentiment,
    fetch_reply,
    now,
)
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

TRIES = 4


async def process_job(job: Job) -> None:
    if job.current_step != JobStepName.ANALYZE:
        await process_other_step(job)
        return
    row = await Job.get(id=job.id)
    if row.current_step != job.current_step or row.status != JobStatus.PROCESSING:
        return
    reply = await fetch_reply(row.customer_email)
    if reply is not None:
        await _sentiment(reply)
    await Job.filter(
        id=job.id,
        current_step=job.current_step,
        status=JobStatus.PROCESSING,
        worker_id=job.worker_id,
    ).update(
        current_step=get_next_step(job.current_step),
        status=JobStatus.PENDING,
        worker_id=None,
        scheduled_for=now(),
    )


async def _sentiment(reply: str) -> str | None:
    for _ in range(TRIES):
        try:
            return await analyze_sentiment(reply)
        except SentimentAPIError:
            await sleep(1)
    return None
