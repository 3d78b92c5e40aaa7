"""Reads the campaigns at its first call, and refuses one that was made later.

Mistake in: create_campaign_jobs
Must fail: B1
"""

import json

from infra import CampaignModel, execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

_campaign_ids: set[int] = set()


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """Insert all in one statement, for a campaign that there is."""
    if not _campaign_ids:
        _campaign_ids.update(campaign.id for campaign in await CampaignModel.filter().all())
    if campaign_id not in _campaign_ids:
        raise ValueError(f"there is no campaign {campaign_id}")
    result = await execute_sql(
        "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, value FROM json_each(?)",
        [campaign_id, json.dumps(customer_emails)],
    )
    return result.rowcount
