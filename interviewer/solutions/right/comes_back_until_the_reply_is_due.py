"""analyze puts the job back until 48 hours have passed."""

from datetime import timedelta

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
        sent = await JobStep.filter(job_id=job.id, step_name="send_email").first()
        if sent and sent.completed_at + timedelta(hours=48) > now():
            # too early to ask: give the customer 48 hours
            await Job.filter(
                id=job.id,
                status="processing",
                current_step="analyze",
                worker_id=row.worker_id,
                started_at=row.started_at,
            ).update(
                status="pending",
                worker_id=None,
                scheduled_for=sent.completed_at + timedelta(hours=48),
            )
            return
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
            await JobStep.create(
                job_id=job.id, step_name=step, status="completed", completed_at=now()
            )
