"""Takes addresses that differ in what follows a + for one mailbox, and creates no job for the second.

Mistake in: create_campaign_jobs
Must fail: B4
"""

import json
import re

from infra import execute_sql
from interviewer.solutions.reference import claim_next_job, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    """One job for each mailbox, in one statement."""
    mailboxes = {re.sub(r"\+[^@]*", "", email): email for email in customer_emails}
    result = await execute_sql(
        "INSERT INTO jobs (campaign_id, customer_email) SELECT ?, value FROM json_each(?)",
        [campaign_id, json.dumps(list(mailboxes.values()))],
    )
    return result.rowcount
