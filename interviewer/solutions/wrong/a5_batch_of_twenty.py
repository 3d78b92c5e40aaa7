"""Reads a batch, and goes home when all of it was lost.

Mistake in: claim_next_job
Must fail: A5
"""

import logging
from dataclasses import dataclass

from infra import Job, JobModel, current_worker_id, execute_sql, now
from interviewer.solutions.reference import create_campaign_jobs, process_job, send_email_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

log = logging.getLogger("claim")


@dataclass(frozen=True, slots=True)
class Claimer:
    worker: str
    batch: int = 20

    async def peek(self) -> list[int]:
        rows = await execute_sql(
            "SELECT id FROM jobs WHERE status = 'pending' AND "
            "(scheduled_for IS NULL OR scheduled_for <= ?) ORDER BY created_at LIMIT ?",
            (now(), self.batch),
        )
        return [row["id"] for row in rows]

    async def grab(self, job_id: int) -> Job | None:
        at = now()
        rows = await execute_sql(
            "UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ? "
            "WHERE id = ? AND status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?) "
            "RETURNING *",
            (self.worker, at, job_id, at),
            model=JobModel,
        )
        return next(iter(rows), None)

    async def claim(self) -> Job | None:
        if ids := await self.peek():
            start = hash(self.worker) % len(ids)
            for job_id in ids[start:] + ids[:start]:
                if (job := await self.grab(job_id)) is not None:
                    return job
                log.debug("%s lost job %s", self.worker, job_id)
        return None


async def claim_next_job() -> Job | None:
    return await Claimer(current_worker_id()).claim()
