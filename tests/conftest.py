"""Plain pytest gives the same verdicts: each test asks for what the judge says of its check.

The judge runs somebody else's code, which must not be able to end, skip or pass a test. So it is
done in processes of its own, once for all tests of a session.
"""

import os
from pathlib import Path

import pytest

from tests.judge.names import ROOT, id_of
from tests.judge.report import NOT_STARTED, Report
from tests.judge.screen import failure_lines
from tests.judge.supervisor import judged

REPORT = pytest.StashKey[Report]()


@pytest.fixture
def judge() -> None:
    """Stand in for the judge: the one that counts works in another process."""


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Tell what the judge says of a test's check, in place of calling the test."""
    if "judge" not in pyfuncitem.funcargs:
        return None
    report = _report_of(pyfuncitem.session)
    if report.unusable:
        pytest.fail(report.unusable, pytrace=False)
    check = id_of(pyfuncitem.name)
    (result,) = (result for result in report.results if result.id == check)
    if result.message.startswith(NOT_STARTED):
        pytest.skip(result.message)
    if result.status != "passed":
        pytest.fail("\n".join(failure_lines(result, report.solution)), pytrace=False)
    return True


def _report_of(session: pytest.Session) -> Report:
    """Have the solution judged, once in a session, by the checks that were selected."""
    if REPORT not in session.stash:
        checks = [id_of(item.name) for item in session.items if _is_check(item)]
        solution = os.environ.get("SOLUTION") or ROOT / "candidate" / "solution.py"
        session.stash[REPORT] = judged(Path(solution).resolve(), only=checks)
    return session.stash[REPORT]


def _is_check(item: pytest.Item) -> bool:
    return "judge" in getattr(item, "fixturenames", ())
