"""Determinism: the same solution gets the same report in every process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from interviewer.selftests.hostile import ROOT, right

SOLUTIONS = ROOT / "interviewer" / "solutions"

CHANCY = """

import asyncio, os, random, secrets, uuid
from infra import *

_send = send_email_step


async def claim_next_job():
    available = await Job.filter(status="pending", scheduled_for__isnull=True).limit(9).all()
    for text in {job.customer_email for job in available} | {uuid.uuid4().hex}:
        await asyncio.sleep(random.uniform(0, 0.2) + hash(text) % 1000 / 1000)
    job = random.choice(available) if available else None
    if job:
        job.status, job.worker_id, job.started_at = "processing", current_worker_id(), now()
        await job.save()
    return job


async def send_email_step(job):
    await asyncio.sleep(secrets.randbelow(100) / 1000 + os.urandom(1)[0] / 1000)
    return await _send(job)
"""


def report_of(path: Path, seed: str) -> str:
    """Judge it in a process whose hashes are of that seed; return the JSON, seconds apart."""
    done = subprocess.run(
        [sys.executable, "-m", "tests", "--solution", str(path), "--json", "-"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        check=False,
        text=True,
    )
    return "\n".join(line for line in done.stdout.splitlines() if '"seconds"' not in line)


@pytest.fixture(params=["right", "wrong", "chancy"])
def solution(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A right solution, a wrong one, and one that uses sets, ids and chance of all kinds."""
    path = tmp_path / "solution.py"
    texts = {
        "right": (SOLUTIONS / "reference.py").read_text(encoding="utf-8"),
        "wrong": (SOLUTIONS / "wrong" / "d3_checked_before_saved_after.py").read_text("utf-8"),
        "chancy": right() + CHANCY,
    }
    path.write_text(texts[request.param], encoding="utf-8")
    return path


def test_every_process_tells_the_same(solution: Path) -> None:
    """Whatever a process's hashes are, the report is the same to the byte, but for `seconds`."""
    first, *others = (report_of(solution, seed) for seed in ("0", "1", "random"))

    assert json.loads(first)["tasks"].keys() == {"A", "B", "C", "D"}
    assert others == [first, first]
    assert "Error" not in first
