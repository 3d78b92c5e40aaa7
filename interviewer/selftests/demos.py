"""The demo, run inside of the tests' process, with solutions that are as short as can be."""

import gc
import re
from pathlib import Path

from click.testing import CliRunner, Result

from scenarios import demo

PLAIN = {"FORCE_COLOR": None, "COLUMNS": "200"}

SOLUTION = """
from asyncio import Event
from uuid import uuid4
from infra import *

async def claim_next_job():
    jobs = await execute_sql(
        "UPDATE jobs SET status = 'processing', worker_id = ?, started_at = ? "
        "WHERE id = (SELECT id FROM jobs WHERE status = 'pending' LIMIT 1) RETURNING *",
        [current_worker_id(), now()],
        Job,
    )
    return jobs[0] if jobs else None

async def create_campaign_jobs(campaign_id, customer_emails):
    for email in customer_emails:
        await Job.create(campaign_id=campaign_id, customer_email=email)
    return len(customer_emails)

async def send_email_step(job):
    await send_email(job.customer_email, "Hello", f"job-{job.id}")
    return True

async def process_job(job):
    await send_email_step(job)
    await Job.filter(id=job.id).update(status="completed", current_step="done")
"""
"""As short as can be, and right."""


def run(*arguments: object) -> Result:
    """Run the demo with these arguments, without a terminal."""
    before = gc.get_threshold()
    try:
        return CliRunner(env=PLAIN).invoke(demo.main, [str(argument) for argument in arguments])
    finally:
        gc.set_threshold(*before)  # the demo sets it, for its own process


def run_changed(path: Path, before: str, after: str) -> Result:
    """Run 20 customers with the solution above, in which some words are others."""
    assert SOLUTION.count(before) == 1
    path.write_text(SOLUTION.replace(before, after))
    return run("--customers", 20, "--workers", 4, "--solution", path)


def table(output: str) -> dict[str, str]:
    """Return what was printed in two columns."""
    pairs = (re.split(" {2,}", line.strip(), maxsplit=1) for line in output.splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
