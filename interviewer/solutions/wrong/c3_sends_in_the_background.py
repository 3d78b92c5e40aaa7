"""Starts the send as a task and returns True at once: when it is refused, nobody tries again.

Mistake in: send_email_step
Must fail: C3
Also fails: C2, C4, C7
"""

import asyncio

from candidate.helpers import generate_idempotency_key
from infra import Job, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]

BODY = "Hello! Would you like to hear what is new? Just reply."

_running: set[asyncio.Task[str]] = set()


async def send_email_step(job: Job) -> bool:
    """Do not let the worker wait for SendGrid, which can take ten seconds."""
    key = generate_idempotency_key(job.id, "send_email")
    task = asyncio.create_task(send_email(job.customer_email, BODY, key))
    _running.add(task)
    task.add_done_callback(_running.discard)
    return True
