"""Creates nothing for a campaign that is a draft or paused, and says so by a zero.

Mistake in: create_campaign_jobs
Must fail: B1
"""

import json

from infra import Campaign, execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CREATE = """
    INSERT INTO jobs (campaign_id, customer_email)
    SELECT ?, value
    FROM json_each(?)
"""


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """All jobs in one statement."""
    if not await Campaign.filter(id=campaign_id, status="active").count():
        return 0
    created = await execute_sql(CREATE, [campaign_id, json.dumps(customer_emails)])
    return created.rowcount
