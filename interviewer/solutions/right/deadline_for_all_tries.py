"""Tries until a deadline of its own has passed, then leaves the job for a later claim."""

import asyncio
import builtins
import random
import time
from datetime import timedelta

from candidate.helpers import sleep
from infra import InvalidEmailError, Job, RateLimitError, TimeoutError, now, send_email
from interviewer.solutions.reference import claim_next_job, create_campaign_jobs, process_job

__all__ = ["claim_next_job", "create_campaign_jobs", "process_job", "send_email_step"]


async def send_email_step(job):
    row = await Job.get(id=job.id)
    if row.status == "failed":
        return False
    if row.current_step != "send_email" or row.status == "completed":
        return True
    deadline = time.monotonic() + 90
    delay = 0.5
    while time.monotonic() < deadline:
        try:
            await asyncio.wait_for(
                send_email(job.customer_email, "Hello", idempotency_key=f"job:{job.id}:send"),
                timeout=30,
            )
            return True
        except InvalidEmailError as e:
            await Job.filter(id=job.id, status="processing", current_step="send_email").update(
                status="failed", error_message=str(e)
            )
            return False
        except RateLimitError as e:
            await sleep(e.retry_after + random.random())
        except (TimeoutError, builtins.TimeoutError):
            await sleep(delay)
            delay = min(delay * 2, 20)
    await Job.filter(
        id=job.id, status="processing", current_step="send_email", worker_id=job.worker_id
    ).update(
        status="pending",
        worker_id=None,
        retry_count=row.retry_count + 1,
        scheduled_for=now() + timedelta(minutes=1),
    )
    return False
