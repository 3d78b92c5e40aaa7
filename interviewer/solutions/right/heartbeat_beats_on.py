"""Shows fifteen heartbeats from a task that goes on after the step, for five minutes at most.

Each is for the claim that it was started for: when the job has gone on, or is somebody else's, it
changes no row. And as there is no sixteenth, a job whose step has failed is soon the reaper's.
"""

import asyncio

from infra import Job, JobStatus, current_worker_id, now
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, send_email_step
from interviewer.solutions.reference import process_job as process_step

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BEATS, PAUSE_SECONDS = 15, 20

_beating: set[asyncio.Task[None]] = set()


async def process_job(job: Job) -> None:
    """Do the job's step, with a heartbeat beside it."""
    beat = asyncio.create_task(_beat(job))
    # The event loop itself keeps no task alive.
    _beating.add(beat)
    beat.add_done_callback(_beating.discard)
    await process_step(job)


async def _beat(job: Job) -> None:
    mine = Job.filter(
        id=job.id,
        status=JobStatus.PROCESSING,
        worker_id=current_worker_id(),
        started_at=job.started_at,
    )
    for _ in range(BEATS):
        await mine.update(last_heartbeat=now())
        await asyncio.sleep(PAUSE_SECONDS)
