"""The real driver agrees with the simulated one: what is right there is right here too."""

from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from interviewer.selftests.test_judge_corpus import RIGHT
from tests.judge.real import what_is_wrong
from tests.judge.subject import Subject

WAITING = {"comes_back_until_the_reply_is_due", "polls_for_the_reply"}
"""They stay at a step for up to 48 hours of real time."""

IN_HERE = [path for path in RIGHT if path.stem not in WAITING]


@pytest.mark.parametrize("path", IN_HERE, ids=lambda path: path.stem)
def test_twenty_workers_claim_and_process_on_the_real_driver(path: Path) -> None:
    """Every job is claimed once and finished, every customer gets one mail."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        wrong = what_is_wrong(Subject(path))

    assert wrong is None
