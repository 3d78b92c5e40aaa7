"""Runs of incidents for tests: small systems, and what was recorded of them."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra.solution import SolutionFile
from scenarios.functions import Functions
from scenarios.incidents import INCIDENTS
from scenarios.report import Report
from scenarios.summary import summarize
from scenarios.system import Facts, Stage

ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS = ROOT / "interviewer" / "solutions"
REFERENCE = SOLUTIONS / "reference.py"
FLAWED = ROOT / "interviewer" / "incidents"


@dataclass(frozen=True)
class Run:
    """A run, what is known of it, and its report."""

    stage: Stage
    report: Report

    @property
    def facts(self) -> Facts:
        """All that was recorded."""
        return self.stage.facts


def run(number: int, solution: Path = REFERENCE, *, seed: int = 0, **changes: Any) -> Run:
    """Run an incident with these changes to its system."""
    incident = INCIDENTS[number - 1]
    system = replace(incident.system, **changes)
    stage = Stage(system, Functions(file=SolutionFile.read(solution)), seed=seed)
    stage.run(lambda facts: None)
    return Run(stage, summarize(incident, stage.facts, solution=solution.name))
