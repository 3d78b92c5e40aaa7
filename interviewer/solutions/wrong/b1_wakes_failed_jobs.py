"""Makes the campaign's failed jobs pending again, as if they were new: rows that are not its own.

Mistake in: create_campaign_jobs
Must fail: B1
"""

import json

from infra import JobModel, JobStatus, execute_sql, transaction
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert all in one statement, and start the campaign over."""
    async with transaction():
        result = await execute_sql(
            "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, value FROM json_each(?)",
            [campaign_id, json.dumps(customer_emails)],
        )
        await JobModel.filter(campaign_id=campaign_id, status=JobStatus.FAILED).update(
            status=JobStatus.PENDING, retry_count=0, error_message=None
        )
    return result.rowcount
