"""Pages through all that is pending to compare times itself: 500 round trips if most is for later.

Mistake in: claim_next_job
Must fail: A7
"""

from infra import Job, current_worker_id, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

PAGE_SIZE = 100


async def claim_next_job() -> Job | None:
    """Go through the pending jobs in the order of their ids; take the first that is due."""
    last_id = 0
    while page := await _page_after(last_id):
        for job in page:
            due = job.scheduled_for is None or job.scheduled_for <= now()
            if due and await _take(job):
                return await Job.get(id=job.id)
        last_id = page[-1].id
    return None


async def _page_after(last_id: int) -> list[Job]:
    waiting = Job.filter(status="pending", id__gt=last_id)
    return await waiting.order_by("id").limit(PAGE_SIZE).all()


async def _take(job: Job) -> bool:
    """Make it ours, unless somebody was faster."""
    won = await Job.filter(id=job.id, status="pending").update(
        status="processing", worker_id=current_worker_id(), started_at=now()
    )
    return won == 1
