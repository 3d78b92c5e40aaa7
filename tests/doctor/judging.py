"""The judge: whether its processes answer here, and whether it sees a race, and only a race."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.doctor.finding import ROOT, Finding

_STARTER = ROOT / "tests" / "starter.py"
_TO_DO = "show the line of the judge to your interviewer"


def judging() -> Finding:
    """Look whether the judge works on this machine."""
    from tests.doctor import counters  # noqa: PLC0415 - not before the packages were looked at

    began = time.perf_counter()
    racy = counters.tried(counters.add_in_two_steps)
    safe = counters.tried(counters.add_in_one)
    why_not = _why_no_processes()
    seconds = time.perf_counter() - began
    if why_not:
        return Finding(f"its processes do not answer: {why_not}", to_do=_TO_DO)
    if not racy.is_caught or safe.is_caught:
        what = "took a safe counter for a racy one" if safe.is_caught else "missed a racy counter"
        return Finding(what, to_do=_TO_DO)
    return Finding(
        f"caught a racy counter in run {racy.runs}, passed a safe one in all {safe.runs} runs, "
        f"{seconds:.1f} s"
    )


def _why_no_processes() -> str:
    """Have the starter judged as a candidate's file is, which is soon done: nothing is written."""
    from tests.judge.report import NOT_STARTED  # noqa: PLC0415 - not before the packages
    from tests.judge.supervisor import judged  # noqa: PLC0415 - the same

    with TemporaryDirectory(prefix="doctor-") as folder:
        copy = Path(folder) / "solution.py"
        copy.write_bytes(_STARTER.read_bytes())
        report = judged(copy)
    others = [result.message for result in report.results if result.message != NOT_STARTED]
    return report.unusable or next(iter(others), "")
