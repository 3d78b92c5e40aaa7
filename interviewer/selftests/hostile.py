"""Hostile solutions: what the tests of the judge's survival are about."""

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent, indent

from interviewer.selftests.processes import TIMEOUT_SECONDS
from tests.judge.report import Report
from tests.judge.supervisor import judged

ROOT = Path(__file__).resolve().parents[2]
_RIGHT = ROOT / "interviewer" / "solutions" / "right" / "short_and_plain.py"
_IMPORTS = """

import asyncio, itertools, os, re, signal, sys, threading, time
from infra import *
from infra.services import Services, current_services, use_services

"""


def right() -> str:
    """Return the text of a right solution."""
    return _RIGHT.read_text(encoding="utf-8")


def claiming(body: str) -> str:
    """Return a solution that is right but for its claim, which does this."""
    return f"{right()}{_IMPORTS}async def claim_next_job():\n{indent(dedent(body), '    ')}\n"


def sending(body: str) -> str:
    """Return a solution that is right but for its sending, which does this."""
    return f"{right()}{_IMPORTS}async def send_email_step(job):\n{indent(dedent(body), '    ')}\n"


def written(folder: Path, text: str) -> Path:
    """Return a solution of this text, in that folder."""
    path = folder / "solution.py"
    path.write_text(text, encoding="utf-8")
    return path


def judge(folder: Path, text: str, *only: str) -> Report:
    """Judge a solution of this text, in new processes."""
    return judged(written(folder, text), only=only)


def words(report: Report) -> list[str]:
    """Return each check's status and its one line."""
    return [
        f"{result.id} {result.status}: "
        + (result.failure.got if result.failure else result.message)
        for result in report.results
    ]


def judge_by_command(solution: Path | str, *arguments: str, **options: object) -> tuple[int, str]:
    """Call `python -m tests`; return its exit status and all that it printed."""
    done = subprocess.run(  # type: ignore[call-overload]
        [sys.executable, "-m", "tests", "--solution", str(solution), *arguments],
        **{"cwd": ROOT, "stdin": subprocess.DEVNULL, **options},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    return done.returncode, done.stdout


def forged_result() -> str:
    """Return a line that says that A1 has passed, as a solution would make one up."""
    result = {"kind": "result", "id": "A1", "name": "", "rule": "", "status": "passed"}
    rest = {"message": "", "runs": 5, "coverage": "", "expected": None, "got": None}
    return json.dumps({**result, **rest, "story": [], "where": None, "replay": None})
