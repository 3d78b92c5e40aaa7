"""Verdicts for tests, by a judging process kept ready: importing takes as long as many a check.

They are those of a new process, see test_watch_warm.py. How the judge survives its candidate is
tried with new processes, as a candidate's `make test` has them, see hostile.py.
"""

import atexit
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.judge import supervisor
from tests.judge.report import Report
from tests.judge.warm import Warm


def judged(solution: Path, *, only: Sequence[str] = (), replay: str | None = None) -> Report:
    """Have the checks judged that `only` names, or all."""
    return supervisor.judged(solution, only=only, replay=replay, start=_warm().start)


@cache
def _warm() -> Warm:
    """Return the process that waits, one for all tests of this process."""
    warm = Warm()
    atexit.register(warm.close)
    return warm
