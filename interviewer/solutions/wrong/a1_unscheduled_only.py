"""Takes only jobs without scheduled_for: one that was scheduled and has come due stays for ever.

Mistake in: claim_next_job
Must fail: A1
Also fails: A5
"""

from infra import Job, JobModel, current_worker_id, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Take the oldest job by compare-and-set; go on until one is ours."""
    ready = JobModel.filter(status="pending", scheduled_for__isnull=True)
    while job := await ready.order_by("created_at").first():
        won = await JobModel.filter(id=job.id, status="pending").update(
            status="processing", worker_id=current_worker_id(), started_at=now()
        )
        if won:
            return await JobModel.get(id=job.id)
    return None
