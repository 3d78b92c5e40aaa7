"""What grading takes: one submission, and twenty at once."""

from pathlib import Path
from time import perf_counter

from interviewer.bench.judge import SOLUTIONS
from interviewer.grading.grade import Terms, grade_all

ONE_SECONDS_MAX = 15.0
TWENTY_SECONDS_MAX = 180.0
TWENTY = 20


def slowest_alone(many: int) -> tuple[str, float]:
    """Grade the first right solutions, each alone; return the slowest one and its seconds."""
    paths = right_solutions()[:many]
    return max(((path.stem, seconds_of([path])) for path in paths), key=lambda pair: pair[1])


def right_solutions() -> list[Path]:
    """Return the right solutions that need nothing but the kit, as a candidate's."""
    paths = sorted((SOLUTIONS / "right").glob("[!_]*.py"))
    return [path for path in paths if "from interviewer" not in path.read_text(encoding="utf-8")]


def seconds_of(paths: list[Path]) -> float:
    """Grade these together; return the seconds that it took."""
    started = perf_counter()
    grade_all({path.stem: path for path in paths}, Terms(seed=1))
    return perf_counter() - started
