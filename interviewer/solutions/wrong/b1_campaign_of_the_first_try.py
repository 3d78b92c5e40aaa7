"""Still has the 1 in it that it was tried out with: the jobs of every campaign go to campaign 1.

Mistake in: create_campaign_jobs
Must fail: B1
"""

import json

from infra import CampaignModel, execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """All jobs in one statement, if there is such a campaign."""
    await CampaignModel.get(id=campaign_id)
    result = await execute_sql(
        """
        INSERT INTO jobs (campaign_id, customer_email, status, current_step)
        SELECT 1, value, 'pending', 'send_email' FROM json_each(?)
        """,
        [json.dumps(customer_emails)],
    )
    return result.rowcount
