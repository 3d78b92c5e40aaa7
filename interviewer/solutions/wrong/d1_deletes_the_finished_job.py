"""Deletes the job with its steps after the last one, where it should be completed at done.

Mistake in: process_job
Must fail: D1
"""

from infra import Job, execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as do_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def process_job(job: Job) -> None:
    """Keep the table small: what is done is of no use to anybody."""
    await do_step(job)
    if job.current_step != "take_action":
        return
    async with transaction():
        if await Job.filter(id=job.id, status="completed").count():
            await execute_sql("DELETE FROM job_steps WHERE job_id = ?", [job.id])
            await execute_sql("DELETE FROM jobs WHERE id = ?", [job.id])
