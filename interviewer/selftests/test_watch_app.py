"""The watch screen's app: which tasks it has judged after a save."""

from collections.abc import Callable
from pathlib import Path

import pytest

from interviewer.selftests.watching import report
from tests.judge.report import Report
from tests.watch.app import App
from tests.watch.events import Event, Finished, Judged, Pressed, Saved
from tests.watch.session import Session

TEXT = """
async def claim_next_job(): return None
async def create_campaign_jobs(campaign_id, emails): return 0
async def send_email_step(job): return _key(job)
async def process_job(job): await send_email_step(job)
def _key(job): return job.id
"""
CLAIM, SEND, KEY = "return None", "return _key(job)", "return job.id"


class Runs:
    """Notes what it is to judge, and judges nothing."""

    def __init__(self, path: Path, post: Callable[[Event], None]):
        self.asked: list[tuple[str, ...]] = []

    def judge(self, run: int, first: str, tasks: tuple[str, ...] = ()) -> None:
        self.asked.append(tasks)

    def renew(self) -> None:
        """Nothing is kept ready here."""


class Watched:
    """An app, and the file that it watches, whose first run has ended."""

    def __init__(self, path: Path, came: Report):
        self.path = path
        path.write_text(TEXT)
        self.app = App(path, Session(None), {})
        self.app._read()
        self.app._take(Saved())
        self.end(came)

    def end(self, came: Report) -> None:
        self.app._take(Finished(self.app.state.run, came, "14:00:00"))

    def save(self, old: str, new: str, path: Path | None = None) -> tuple[str, ...]:
        """Save an edit, in that file; return which tasks are judged then."""
        path = path or self.path
        path.write_text(path.read_text().replace(old, new))
        self.app._has_file_event = True
        self.app._look(is_quiet=False)
        return self.asked()

    def asked(self) -> tuple[str, ...]:
        runs = self.app._runs
        assert isinstance(runs, Runs)
        return runs.asked[-1]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tests.watch.app.Runs", Runs)
    return tmp_path / "solution.py"


def all_passed() -> Report:
    return report({"A": "passed", "B": "passed", "C": "passed", "D": "passed"})


@pytest.mark.parametrize(
    ("old", "new", "tasks"),
    [
        (CLAIM, "return 1", ("A",)),
        (CLAIM, "return None  # nobody", ("A",)),
        (SEND, "return True", ("C", "D")),
        (KEY, "return str(job.id)", ()),
        ("def _key", "def (", ()),
        ("def _key", "import json\ndef _key", ()),
        ("", "", ()),
    ],
)
def test_a_save_judges_what_it_can_have_changed(
    old: str, new: str, tasks: tuple[str, ...], path: Path
) -> None:
    """All, when that is everything, or nothing."""
    assert Watched(path, all_passed()).save(old, new) == tasks


def test_a_task_that_fails_is_judged_again(path: Path) -> None:
    """What it says of lines may not be true any more."""
    came = report({"A": "passed", "B": "passed", "B2": "failed", "C": "passed", "D": "passed"})

    assert Watched(path, came).save(CLAIM, "return 1") == ("A", "B")


def test_a_run_that_did_not_end_changes_nothing_kept(path: Path) -> None:
    """The next save is compared with the last one of which all is known."""
    watched = Watched(path, all_passed())

    assert watched.save(SEND, "return True") == ("C", "D")
    assert watched.save(CLAIM, "return 1") == ("A", "C", "D")
    watched.end(all_passed())
    assert watched.save("return 1", "return 2") == ("A",)


def test_what_a_run_found_that_did_not_end_is_of_another_text(path: Path) -> None:
    """It came to green by an edit that was taken back meanwhile."""
    came = report({"A": "passed", "B": "failed", "C": "failed", "D": "failed"})
    watched = Watched(path, came)
    assert watched.save(SEND, "return True") == ("B", "C", "D")

    for each in all_passed().results:
        if each.id[0] == "C":
            watched.app._take(Judged(watched.app.state.run, each))

    assert watched.save("return True", SEND) == ("B", "C", "D")


def test_no_dot_is_of_a_run_that_could_not_load_the_file(path: Path) -> None:
    """Also of the tasks that were to be kept."""
    watched = Watched(path, report({"A": "passed", "B": "passed", "C": "passed", "D": "failed"}))
    watched.save(CLAIM, "return 1")
    watched.end(Report("solution.py", [], unusable="solution.py:1: cannot be loaded"))

    assert watched.app.state.fresh == frozenset()


def test_a_task_that_needs_its_own_claims_is_judged_with_them(path: Path) -> None:
    """It depends on another function than its own."""
    came = all_passed()
    came.by_own_claims = ["C"]

    assert Watched(path, came).save(CLAIM, "return 1") == ("A", "C")


def test_what_does_not_fit_a_new_claim_is_judged_again(path: Path) -> None:
    """D1 can fail in a run of task A alone; then D does not pass any more."""
    watched = Watched(path, all_passed())
    assert watched.save(CLAIM, "return 1") == ("A",)

    came = report({"A": "passed", "D1": "failed"})
    came.results = [each for each in came.results if each.id[0] == "A" or each.id == "D1"]
    watched.end(came)

    assert [each.id for each in watched.app.state.failures()] == ["D1"]
    assert watched.save("return 1", "return 2") == ("A", "D")


def test_all_is_judged_after_what_others_can_have_changed(path: Path) -> None:
    """A file beside the solution, a file that could not be loaded, and the key `r`."""
    watched = Watched(path, all_passed())
    watched.app._take(Pressed("r"))
    assert watched.asked() == ()
    watched.end(all_passed())

    helpers = path.with_name("helpers.py")
    helpers.write_text("")
    assert watched.save(CLAIM, "return 1") == ()
    watched.end(Report("solution.py", [], unusable="solution.py:1: cannot be loaded"))
    assert watched.save("return 1", "return None") == ()
