"""Returns how many of the new jobs are pending after the commit: a worker may have claimed one.

Mistake in: create_campaign_jobs
Must fail: B1
"""

import json

from infra import Job, JobStatus, execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    rows = await execute_sql(
        "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, value FROM json_each(?) "
        "RETURNING id",
        [campaign_id, json.dumps(customer_emails)],
    )
    if not rows:
        return 0
    return await Job.filter(
        id__gte=rows[0]["id"], id__lte=rows[-1]["id"], status=JobStatus.PENDING
    ).count()
