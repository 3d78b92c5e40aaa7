"""Writes an error down by the job's id alone, though others may have finished it meanwhile.

Mistake in: process_job
Must fail: D6
"""

from datetime import timedelta

from infra import Job, JobModel, analyze_sentiment, execute_sql, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    if job.current_step != "analyze":
        await process_other_step(job)
        return
    try:
        reply = await fetch_reply(job.customer_email)
        if reply:
            await analyze_sentiment(reply)
    except BaseException as error:
        await _release(job, 30, repr(error))
        raise
    await JobModel.filter(
        id=job.id, status="processing", current_step="analyze", worker_id=job.worker_id
    ).update(current_step="take_action", status="pending", worker_id=None, retry_count=0)


async def _release(job: Job, delay_seconds: float, reason: str) -> None:
    await execute_sql(
        "UPDATE jobs SET status='pending', worker_id=NULL, started_at=NULL, "
        "retry_count=retry_count+1, scheduled_for=?, error_message=? WHERE id=?",
        (now() + timedelta(seconds=delay_seconds), reason, job.id),
    )
