"""Grades submissions: each is judged alone, in a kit as new, by chances nobody has seen."""

import compileall
import importlib.util
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interviewer.grading.cell import Ended, run
from interviewer.grading.grading import Grading, visible
from interviewer.grading.submission import Submission, read
from interviewer.kit.copy import write_files
from interviewer.kit.files import SOLUTION, kit_files

BUDGET = 3.0
"""So many times the runs of `make test`, where not all can be done."""

_SECONDS_MAX = 600.0
"""The judge ends by itself, long before: this is for a judge, or a machine, that does not go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is the same for all submissions that are graded together."""

    seed: int
    budget: float = BUDGET
    at_once: int = os.cpu_count() or 1


def grade_all(
    paths: Mapping[str, Path],
    terms: Terms,
    *,
    on_graded: Callable[[Grading], None] = lambda grading: None,
) -> list[Grading]:
    """Grade the submissions, which are given by their names; return them in that order."""
    kit = kit_files()
    stopped = threading.Event()

    def grade(name: str) -> Grading:
        submission = read(paths[name], name, kit)
        grading = _judged(submission, fresh_kit, terms, stopped.is_set)
        on_graded(grading)
        return grading

    with _kit_as_new(kit) as fresh_kit, ThreadPoolExecutor(terms.at_once) as pool:
        try:
            return list(pool.map(grade, paths))
        except BaseException:
            stopped.set()
            pool.shutdown(cancel_futures=True)
            raise


@contextmanager
def _kit_as_new(kit: Mapping[str, bytes]) -> Iterator[Path]:
    """Give a folder with the kit, compiled: each submission gets a copy of it."""
    with tempfile.TemporaryDirectory(prefix="kit-") as folder:
        write_files(kit, Path(folder))
        compileall.compile_dir(folder, quiet=2)
        yield Path(folder)


def _judged(
    submission: Submission, kit: Path, terms: Terms, is_stopped: Callable[[], bool]
) -> Grading:
    began = time.monotonic()
    verdict, problem = None, submission.problem
    if submission.solution is not None:
        verdict, problem = _verdict(submission.solution, kit, terms, is_stopped)
    return Grading(
        name=submission.name,
        source=submission.source,
        solution=_text(submission.solution),
        verdict=verdict,
        problem=problem,
        changed=submission.changed,
        missing=submission.missing,
        added=submission.added,
        session=submission.session,
        budget=terms.budget,
        seed=terms.seed,
        seconds=round(time.monotonic() - began, 2),
    )


def _verdict(
    solution: bytes, kit: Path, terms: Terms, is_stopped: Callable[[], bool]
) -> tuple[dict[str, Any] | None, str | None]:
    """Have a solution judged. Returns the verdict, or what kept it from being judged."""
    judge = [sys.executable, "-m", "tests", "--json", "-"]
    with tempfile.TemporaryDirectory(prefix="grade-", ignore_cleanup_errors=True) as folder:
        own_kit, writable = Path(folder) / "kit", Path(folder) / "tmp"
        shutil.copytree(kit, own_kit)
        writable.mkdir()
        (own_kit / SOLUTION).write_bytes(solution)
        ended = run(
            [*judge, "--seed", str(terms.seed), "--budget", str(terms.budget)],
            folder=own_kit,
            writable=writable,
            seconds_max=_SECONDS_MAX,
            is_stopped=is_stopped,
        )
    return _understood(ended)


def _understood(ended: Ended) -> tuple[dict[str, Any] | None, str | None]:
    try:
        verdict: dict[str, Any] = json.loads(ended.output)
    except ValueError:
        why = ended.why or f"the judge ended with status {ended.status}: {ended.last_words}"
        return None, visible(f"it could not be judged: {why}")
    if "error" in verdict:
        return None, visible(verdict["error"])
    return verdict, None


def _text(solution: bytes | None) -> str | None:
    """Return a solution as text; `None` when it is none that Python would read."""
    try:
        return None if solution is None else importlib.util.decode_source(solution)
    except (SyntaxError, ValueError, LookupError):
        return None
