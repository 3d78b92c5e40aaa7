"""A judging process kept ready: the same verdicts, sooner, and nothing left behind."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interviewer.selftests.processes import TIMEOUT_SECONDS, eventually, is_alive
from interviewer.selftests.test_judge_corpus import SOLUTIONS
from tests.judge.processes import Process
from tests.judge.report import Result
from tests.judge.supervisor import in_turn, judged
from tests.judge.warm import Warm, end

RACY = SOLUTIONS / "wrong" / "a4_select_then_save.py"


@pytest.fixture
def warm() -> Iterator[Warm]:
    """A process that waits."""
    made = Warm()
    yield made
    made.close()


class Started:
    """Starts judgements, and remembers them."""

    def __init__(self, warm: Warm):
        self.processes: list[Process] = []
        self._warm = warm

    def __call__(self, asked: dict[str, Any]) -> Process:
        process = self._warm.start(asked)
        self.processes.append(process)
        return process


def test_the_verdicts_are_those_of_a_new_process(warm: Warm) -> None:
    """Result by result the same, the first time and the second, story and runs included."""
    cold = judged(RACY, only=["A", "C1"])

    reports = [judged(RACY, only=["A", "C1"], start=warm.start) for _ in range(2)]

    assert [report.results for report in reports] == [cold.results] * 2


@pytest.mark.parametrize("first", "ABCD")
def test_a_task_can_be_judged_first(first: str, warm: Warm) -> None:
    """Each of the two processes comes to its checks first; the report's order stays."""
    seen: list[Result] = []
    starter = Path(__file__).resolve().parents[2] / "candidate" / "solution.py"

    report = judged(starter, first=first, on_result=seen.append, start=warm.start)

    in_order = [result.id for result in report.results]
    queue = in_turn(in_order, first=first)
    assert queue[0][0] == first
    lasts = [-1, -1]
    for place in (queue.index(result.id) for result in seen):
        lasts.sort(key=lambda last: (last > place, -last))
        assert lasts[0] < place, f"{queue[place]} came after both processes were past it"
        lasts[0] = place
    assert in_order == sorted(in_order)
    assert len(seen) == len(in_order)


def begun(started: Started) -> threading.Thread:
    """Begin a judgement that would take minutes, and wait until its process is there."""
    judging = threading.Thread(
        target=lambda: judged(SOLUTIONS / "reference.py", only=["A4"], budget=1000, start=started)
    )
    judging.start()
    assert eventually(lambda: bool(started.processes))
    assert is_alive(started.processes[0].pid)
    return judging


def test_a_judgement_that_is_ended_returns_at_once(warm: Warm) -> None:
    """However long it would have taken, nothing of it is left, and the next one is as ever."""
    started = Started(warm)
    judging = begun(started)

    end(started.processes[0])
    judging.join(TIMEOUT_SECONDS)

    assert not judging.is_alive()
    assert not is_alive(started.processes[0].pid)
    assert judged(RACY, only=["A2"], start=started).results[0].status == "passed"


def test_a_waiting_process_that_died_is_replaced(warm: Warm) -> None:
    """When the system ended it, the next judgement begins another one."""
    assert warm._waiting
    warm._waiting._process.kill()
    warm._waiting._process.wait()

    assert judged(RACY, only=["A2"], start=warm.start).results[0].status == "passed"


def test_nothing_is_left_when_it_is_closed() -> None:
    """Closing ends the process that waits, and whatever it has forked."""
    warm = Warm()
    assert warm._waiting
    waiting = warm._waiting._process.pid
    started = Started(warm)
    judging = begun(started)

    warm.close()
    judging.join(TIMEOUT_SECONDS)

    assert not judging.is_alive()
    assert not is_alive(waiting)
    assert eventually(lambda: not is_alive(started.processes[0].pid))
