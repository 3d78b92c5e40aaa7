"""An error at analyze puts the job back, whatever others have made of it.

Mistake in: process_job
Must fail: D6
"""

from infra import ExternalApiError, Job, analyze_sentiment, fetch_reply, now
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
        try:
            reply = await fetch_reply(row.customer_email)
            if reply is not None:
                await analyze_sentiment(reply)
        except ExternalApiError:
            j = await Job.get(id=job.id)
            j.status = "pending"
            j.retry_count += 1
            await j.save()
            return
    elif step == "take_action":
        pass
    ch = {
        "send_email": dict(current_step="analyze", status="pending", worker_id=None),
        "analyze": dict(current_step="take_action", status="pending", worker_id=None),
        "take_action": dict(current_step="done", status="completed", completed_at=now()),
    }.get(step)
    await Job.filter(id=job.id, status="processing", current_step=step).update(**ch)
