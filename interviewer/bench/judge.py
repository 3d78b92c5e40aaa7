"""The judge as a whole process, and how many runs it explores."""

import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from infra.simulation.strategies import Chance
from tests.judge.subject import Subject
from tests.judge.theatre import Theatre
from tests.test_d_process import two_workers_at

ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS = ROOT / "interviewer" / "solutions"

REFERENCE_SECONDS_MAX = 2.0
SOLUTION_SECONDS_MAX = 4.0
RUNS_A_MINUTE_MIN = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What judging one solution took, from the shell: seconds of wall time."""

    solution: str
    seconds: float


def judge_often(path: Path, times: int) -> float:
    """Judge a solution several times; return the median, in seconds."""
    return median(judge_once(path).seconds for _ in range(times))


def judge_once(path: Path) -> Judgement:
    """Judge a solution as from the shell, start-up included."""
    command = [sys.executable, "-m", "tests", "--solution", str(path), "--json", "-"]
    started = perf_counter()
    subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    return Judgement(solution=path.stem, seconds=perf_counter() - started)


def slowest(folder: str, many: int) -> Judgement:
    """Judge about so many solutions of a folder once, from all over it; return the slowest."""
    paths = sorted((SOLUTIONS / folder).glob("[!_]*.py"))
    paths = paths[:: max(1, len(paths) // many)]
    return max((judge_once(path) for path in paths), key=lambda judgement: judgement.seconds)


def runs_a_minute(runs: int) -> float:
    """Explore D3's world by chance; return how many runs a minute of computing gives."""
    world = two_workers_at("send_email")
    with redirect_stdout(StringIO()), Theatre() as theatre:
        subject = Subject(SOLUTIONS / "reference.py")
        theatre.play(subject, world, Chance("warm"))
        started = process_time()
        for number in range(runs):
            theatre.play(subject, world, Chance(str(number)))
        return runs / (process_time() - started) * 60
