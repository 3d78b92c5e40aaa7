"""The demo as a whole process: how long it takes, and the most memory it ever has."""

import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[2]

SECONDS_MAX = 60.0
MEGABYTES_MAX = 400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRun:
    """What one run of the demo took."""

    seconds: float
    megabytes: float

    @property
    def meets_bars(self) -> bool:
        """Whether it was both quick and small enough."""
        return self.seconds <= SECONDS_MAX and self.megabytes <= MEGABYTES_MAX


def run_demo(customers: int) -> DemoRun:
    """Run it once. Raises subprocess.CalledProcessError, with its output, when it fails."""
    command = [sys.executable, "-m", "scenarios.demo", "--customers", str(customers)]
    started = perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return DemoRun(seconds=perf_counter() - started, megabytes=_peak_megabytes_of_children())


def _peak_megabytes_of_children() -> float:
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    # macOS counts in bytes, everyone else in kilobytes.
    return peak / (1_000_000 if sys.platform == "darwin" else 1_000)
