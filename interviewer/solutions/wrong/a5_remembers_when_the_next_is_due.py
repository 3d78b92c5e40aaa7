"""Remembers when the next job is due, and asks no sooner: what is created meanwhile waits as long.

Mistake in: claim_next_job
Must fail: A5
"""

from datetime import datetime

from infra import Job, JobStatus, now
from interviewer.solutions import reference
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

_next_due: datetime | None = None


async def claim_next_job() -> Job | None:
    global _next_due
    if _next_due and now() < _next_due:
        return None
    job = await reference.claim_next_job()
    if job is None:
        waiting = await Job.filter(status=JobStatus.PENDING).order_by("scheduled_for").first()
        _next_due = waiting.scheduled_for if waiting else None
    return job
