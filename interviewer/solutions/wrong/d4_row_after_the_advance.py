"""Writes down what a step found out after the advance: a crash between them loses it for good.

Mistake in: process_job
Must fail: D4
"""

from infra import Job, JobStep, analyze_sentiment, fetch_reply, now
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
        out = await analyze_sentiment(reply) if reply is not None else None
    elif step == "take_action":
        await JobStep.get(job_id=job.id, step_name="analyze")
    ch = {
        "send_email": dict(current_step="analyze", status="pending", worker_id=None),
        "analyze": dict(current_step="take_action", status="pending", worker_id=None),
        "take_action": dict(current_step="done", status="completed", completed_at=now()),
    }.get(step)
    advanced = await Job.filter(id=job.id, status="processing", current_step=step).update(**ch)
    if advanced and step == "analyze":
        await JobStep.create(
            job_id=job.id, step_name=step, status="completed", output_data={"sentiment": out}
        )
