"""Looks for a due job among the thousand oldest: if all of these are for later, it sees no other.

Mistake in: claim_next_job
Must fail: A5
"""

from infra import Job, current_worker_id, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

PAGE_SIZE = 1000


async def claim_next_job() -> Job | None:
    """Read a page of the oldest pending jobs; take one that is due by compare-and-set."""
    while True:
        page = (
            await Job.filter(status="pending").order_by("created_at", "id").limit(PAGE_SIZE).all()
        )
        due = [job for job in page if job.scheduled_for is None or job.scheduled_for <= now()]
        if not due:
            return None
        for job in due:
            if await Job.filter(id=job.id, status="pending").update(
                status="processing", worker_id=current_worker_id(), started_at=now()
            ):
                return await Job.get(id=job.id)
