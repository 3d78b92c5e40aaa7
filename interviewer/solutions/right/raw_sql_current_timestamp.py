"""Raw SQL throughout, with CURRENT_TIMESTAMP and datetime('now'); rows by a recursive CTE.

Moments in whole seconds compare correctly with those that the models write. A recursive CTE walks
500 addresses of a JSON list per statement; only `id` and state guard the row, never `started_at`.
"""

import json

from infra import (
    InvalidEmailError,
    Job,
    SendGridError,
    analyze_sentiment,
    current_worker_id,
    execute_sql,
    fetch_reply,
    send_email,
    transaction,
)

CLAIM = """
    UPDATE jobs
    SET status = 'processing',
        worker_id = ?,
        started_at = CURRENT_TIMESTAMP,
        last_heartbeat = CURRENT_TIMESTAMP
    WHERE id = (
        SELECT id FROM jobs
        WHERE status = 'pending'
          AND (scheduled_for IS NULL OR scheduled_for <= CURRENT_TIMESTAMP)
        ORDER BY scheduled_for, id
        LIMIT 1
    )
    RETURNING *
"""

CREATE = """
    WITH RECURSIVE place (n) AS (
        SELECT 0
        UNION ALL
        SELECT n + 1 FROM place WHERE n + 1 < ?
    )
    INSERT INTO jobs (campaign_id, customer_email, current_step, status)
    SELECT ?, json_extract(?, '$[' || n || ']'), 'send_email', 'pending' FROM place
"""

# Two calls of a job can overlap, so each adds to the count that it finds.
REQUEUE = """
    UPDATE jobs
    SET status = CASE WHEN retry_count >= 9 THEN 'failed' ELSE 'pending' END,
        error_message = ?,
        retry_count = retry_count + 1,
        worker_id = NULL,
        scheduled_for = datetime('now', '+' || (5 + 10 * retry_count) || ' seconds')
    WHERE id = ? AND worker_id = ? AND status = 'processing' AND current_step = 'send_email'
"""

INVALID = """
    UPDATE jobs SET status = 'failed', error_message = ?, completed_at = CURRENT_TIMESTAMP
    WHERE id = ? AND current_step = 'send_email' AND status IN ('pending', 'processing')
"""

ADVANCE = """
    UPDATE jobs
    SET current_step = CASE current_step WHEN 'send_email' THEN 'analyze'
                                         WHEN 'analyze' THEN 'take_action' ELSE 'done' END,
        status = CASE current_step WHEN 'take_action' THEN 'completed' ELSE 'pending' END,
        completed_at = CASE current_step WHEN 'take_action' THEN CURRENT_TIMESTAMP END,
        scheduled_for = CASE current_step WHEN 'send_email' THEN datetime('now', '+48 hours') END,
        error_message = NULL
    WHERE id = ? AND current_step = ? AND status = 'processing' AND worker_id = ?
"""


async def claim_next_job() -> Job | None:
    rows = await execute_sql(CLAIM, [current_worker_id()], model=Job)
    return rows[0] if rows else None


async def create_campaign_jobs(campaign_id: int, customer_emails: list[str]) -> int:
    total = 0
    async with transaction():
        for start in range(0, len(customer_emails), 500):
            chunk = customer_emails[start : start + 500]
            text = json.dumps(chunk, ensure_ascii=False)
            result = await execute_sql(CREATE, [len(chunk), campaign_id, text])
            total += result.rowcount
    return total


async def send_email_step(job: Job) -> bool:
    [row] = await execute_sql(
        "SELECT status, current_step, customer_email FROM jobs WHERE id = ?", [job.id]
    )
    if row["current_step"] != "send_email":
        return True
    if row["status"] == "failed":
        return False
    try:
        await send_email(row["customer_email"], "A word from us…", f"mail #{job.id}")
    except InvalidEmailError as e:
        await execute_sql(INVALID, [f"cannot be delivered: {e}", job.id])
        return False
    except SendGridError as e:
        await execute_sql(REQUEUE, [repr(e), job.id, job.worker_id])
        return False
    return True


async def process_job(job: Job) -> None:
    [row] = await execute_sql("SELECT * FROM jobs WHERE id = ?", [job.id], Job)
    if row.status != "processing" or row.current_step != job.current_step:
        return
    if row.worker_id != job.worker_id:
        return

    if row.current_step == "send_email":
        if not await send_email_step(row):
            return
    else:
        reply = await fetch_reply(row.customer_email)
        mood = await analyze_sentiment(reply) if reply else "none"
        await execute_sql(
            """
            INSERT OR IGNORE INTO job_steps (job_id, step_name, status, output_data, completed_at)
            SELECT id, current_step, 'completed', json_object('sentiment', ?), CURRENT_TIMESTAMP
            FROM jobs WHERE id = ? AND current_step = ? AND status = 'processing'
            """,
            [mood, row.id, row.current_step],
        )
    await execute_sql(ADVANCE, [row.id, row.current_step, row.worker_id])
