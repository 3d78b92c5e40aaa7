"""Never looks at scheduled_for: jobs of the future are claimed at once.

Mistake in: claim_next_job
Must fail: A3
Also fails: A2
"""

from infra import Job, JobModel, current_worker_id, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def claim_next_job() -> Job | None:
    """Take the oldest pending job by compare-and-set; go on until one is ours."""
    while job := await JobModel.filter(status="pending").order_by("created_at").first():
        won = await JobModel.filter(id=job.id, status="pending").update(
            status="processing", worker_id=current_worker_id(), started_at=now()
        )
        if won:
            await job.refresh()
            return job
    return None
