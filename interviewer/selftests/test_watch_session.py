"""The session's file: what is kept of an interview, and what is not."""

import json
from datetime import UTC, datetime
from pathlib import Path

from tests.watch.session import Progress, Session, are_hints_on

NOON = datetime(2030, 1, 1, 12, 0, 0, 999, UTC)


def test_a_line_is_the_time_the_checks_and_the_hints(tmp_path: Path) -> None:
    """Nothing else is written: not a word of what was typed."""
    file = tmp_path / ".interview" / "session.jsonl"

    Session(file).add("judged", NOON, {"A1": "passed", "A4": "failed"}, {"A4": 1})

    assert [json.loads(line) for line in file.read_text().splitlines()] == [
        {
            "time": "2030-01-01T12:00:00+00:00",
            "event": "judged",
            "checks": {"A1": "passed", "A4": "failed"},
            "hints": {"A4": 1},
        }
    ]


def test_the_progress_is_that_of_the_last_lines(tmp_path: Path) -> None:
    """The last run in which anything was judged counts, and every hint."""
    session = Session(tmp_path / "session.jsonl")

    session.add("judged", NOON, {"A1": "failed"}, {})
    session.add("hint", NOON, {}, {"A1": 1})
    session.add("judged", NOON, {"A1": "passed"}, {"A1": 1})
    session.add("judged", NOON, {}, {"A1": 1})
    session.add("hint", NOON, {}, {"B2": 3})

    assert session.progress() == Progress({"A1": "passed"}, {"A1": 1, "B2": 3})


def test_lines_that_are_not_ours_are_skipped(tmp_path: Path) -> None:
    """A file that was cut short or edited is no reason to stop."""
    file = tmp_path / "session.jsonl"
    session = Session(file)
    session.add("judged", NOON, {"A1": "passed"}, {})
    with file.open("a") as lines:
        lines.write('{"checks": 7}\n[]\n{"checks": {"A1": 3}, "hints": {}}\n\n{"time": "20')

    assert session.progress() == Progress({"A1": "passed"}, {})


def test_it_can_be_turned_off(tmp_path: Path) -> None:
    """`SESSION=0` writes nothing and reads nothing."""
    session = Session.of({"SESSION": "0"}, tmp_path / "session.jsonl")

    session.add("judged", NOON, {"A1": "passed"}, {})

    assert session.progress() == Progress({}, {})
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """Judging goes on where the file cannot be."""
    (tmp_path / "file").touch()
    session = Session(tmp_path / "file" / "session.jsonl")

    session.add("judged", NOON, {"A1": "passed"}, {})

    assert session.progress() == Progress({}, {})


def test_hints_are_on_unless_they_are_off() -> None:
    """Only `HINTS=0` turns them off; make hands down an empty one."""
    assert [are_hints_on(each) for each in ({}, {"HINTS": ""}, {"HINTS": "0"})] == [
        True,
        True,
        False,
    ]
