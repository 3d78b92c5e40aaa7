"""Asks for the reply every five minutes, for 48 hours at most, and goes on as soon as there is one.

Without a reply the step could not be done, so the job goes back to pending at the same step. The
row of the first step, written together with the advance, tells since when the customer has had the
email: the polling ends, whoever does it.
"""

from datetime import timedelta

from infra import Job, JobStep, analyze_sentiment, fetch_reply, now, transaction
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

POLL_EVERY = timedelta(minutes=5)
PATIENCE = timedelta(hours=48)


async def process_job(job: Job) -> None:
    if job.current_step == "send_email":
        if await send_email_step(job):
            await _advance(job, to="analyze", output=None)
    elif job.current_step == "analyze":
        await _analyze(job)
    else:
        await process_other_step(job)


async def _analyze(job: Job) -> None:
    reply = await fetch_reply(job.customer_email)
    if reply is None:
        sent = await JobStep.filter(job_id=job.id, step_name="send_email").first()
        if sent and now() < sent.completed_at + PATIENCE:
            await _claimed(job).update(
                status="pending", worker_id=None, scheduled_for=now() + POLL_EVERY
            )
            return
    sentiment = None if reply is None else await analyze_sentiment(reply)
    await _advance(job, to="take_action", output={"sentiment": sentiment})


async def _advance(job: Job, *, to: str, output: dict[str, str | None] | None) -> None:
    """Advance and record the step: both, or neither."""
    async with transaction():
        if await _claimed(job).update(
            current_step=to, status="pending", worker_id=None, retry_count=0, scheduled_for=None
        ):
            await JobStep.create(
                job_id=job.id,
                step_name=job.current_step,
                status="completed",
                output_data=output,
                completed_at=now(),
            )


def _claimed(job: Job):
    """The row, as long as this worker still has it for this step."""
    return Job.filter(
        id=job.id, status="processing", current_step=job.current_step, worker_id=job.worker_id
    )
