"""Gradings for the report's tests: solutions that were really judged, and an hour's notes."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from interviewer.grading.grading import Grading, SessionLine
from interviewer.selftests.judging import judged
from tests.judge.names import all_names

SOLUTIONS = Path(__file__).resolve().parents[1] / "solutions"


@cache
def graded(name: str) -> Grading:
    """Return the grading of one of the interviewer's solutions, such as `wrong/a4_random_pick`."""
    return graded_file(SOLUTIONS / f"{name}.py")


def graded_file(file: Path) -> Grading:
    """Return the grading of a file."""
    report = judged(file)
    return Grading(
        name=file.stem,
        source=f"submissions/{file.name}",
        solution=file.read_text(encoding="utf-8"),
        verdict=None if report.unusable else report.as_json(),
        problem=report.unusable,
        seconds=report.seconds,
    )


def saved(clock: str, failing: str = "", passing: str = "") -> SessionLine:
    """Return the line of a judged save: `failing` checks, `passing` tasks or checks; others not."""
    return SessionLine(_time(clock), "judged", _checks(failing.split(), passing.split()), {})


def hinted(clock: str, hints: Mapping[str, int]) -> SessionLine:
    """Return the line of a hint."""
    return SessionLine(_time(clock), "hint", {}, hints)


def _checks(failing: list[str], passing: list[str]) -> dict[str, str]:
    passes = {name for name in all_names() if name in passing or name[0] in passing}
    return {
        name: "failed" if name in failing else "passed" if name in passes else "not_run"
        for name in all_names()
    }


def _time(clock: str) -> str:
    return f"2030-01-01T{clock}+00:00"


AN_HOUR = (
    saved("10:15:00"),
    saved("10:22:00", failing="A4", passing="A"),
    hinted("10:24:00", {"A4": 1}),
    saved("10:26:00", passing="A"),
    saved("10:31:00", passing="A B"),
    saved("10:38:00", failing="A5 C4", passing="A B C"),
    hinted("10:39:00", {"C4": 1}),
    hinted("10:40:00", {"C4": 2}),
    saved("10:50:00", failing="D7", passing="A B C D"),
)
