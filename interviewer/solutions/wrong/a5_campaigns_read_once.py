"""Reads the campaigns at its first call and never again: jobs of a campaign that was made later are claimed
by no worker that runs already.

Mistake in: claim_next_job
Must fail: A5
"""

import json

from infra import CampaignModel, Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

_campaign_ids: list[int] = []


async def claim_next_job() -> Job | None:
    """Claim the oldest due job of the campaigns in one statement."""
    if not _campaign_ids:
        _campaign_ids.extend(campaign.id for campaign in await CampaignModel.filter().all())
    moment = now()
    claimed = await execute_sql(
        """
        UPDATE jobs
        SET status = 'processing', worker_id = ?, started_at = ?
        WHERE id = (
            SELECT id FROM jobs
            WHERE status = 'pending'
              AND (scheduled_for IS NULL OR scheduled_for <= ?)
              AND campaign_id IN (SELECT value FROM json_each(?))
            ORDER BY created_at
            LIMIT 1
        )
        RETURNING *
        """,
        [current_worker_id(), moment, moment, json.dumps(_campaign_ids)],
        Job,
    )
    return claimed[0] if claimed else None
