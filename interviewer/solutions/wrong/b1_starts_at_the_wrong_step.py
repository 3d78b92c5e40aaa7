"""Asks for the step after send_email instead of send_email itself: no mail is ever sent.

Mistake in: create_campaign_jobs
Must fail: B1
"""

import json

from candidate.helpers import get_next_step
from infra import JobStepName, execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """All jobs in one statement."""
    first_step = get_next_step(JobStepName.SEND_EMAIL)
    result = await execute_sql(
        """
        INSERT INTO jobs (campaign_id, customer_email, current_step)
        SELECT ?, value, ? FROM json_each(?)
        """,
        [campaign_id, first_step, json.dumps(customer_emails)],
    )
    return result.rowcount
