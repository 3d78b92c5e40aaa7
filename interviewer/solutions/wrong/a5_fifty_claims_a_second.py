"""Answers None when a worker has claimed fifty jobs within a second: to the worker that means that there is
no work.

Mistake in: claim_next_job
Must fail: A5
"""

import time
from collections import deque

from infra import Job, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

CLAIMS_MAX = 50

_recent: deque[float] = deque(maxlen=CLAIMS_MAX)


async def claim_next_job() -> Job | None:
    """Claim the oldest due job in one statement, at a rate that the database bears."""
    tick = time.monotonic()
    if len(_recent) == CLAIMS_MAX and tick - _recent[0] < 1:
        return None
    _recent.append(tick)
    moment = now()
    claimed = await execute_sql(
        """
        UPDATE jobs
        SET status = 'processing', worker_id = ?, started_at = ?
        WHERE id = (
            SELECT id FROM jobs
            WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
            ORDER BY created_at
            LIMIT 1
        )
        RETURNING *
        """,
        [current_worker_id(), moment, moment],
        Job,
    )
    return claimed[0] if claimed else None
