"""Fails the other jobs of a customer who says no.

Mistake in: process_job
Must fail: D1
"""

from candidate.helpers import route
from infra import Job, JobModel, analyze_sentiment, fetch_reply
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as do_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    row = await JobModel.get(id=job.id)
    if row.status == "processing" and row.current_step == job.current_step == "take_action":
        reply = await fetch_reply(job.customer_email)
        if route(await analyze_sentiment(reply) if reply is not None else None) == "unsubscribe":
            await JobModel.filter(customer_email=job.customer_email, status="pending").update(
                status="failed", error_message="unsubscribed"
            )
    await do_step(job)
