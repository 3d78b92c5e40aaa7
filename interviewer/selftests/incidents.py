"""Runs of the incidents for the tests of what shows them."""

from functools import cache
from pathlib import Path

from infra.solution import SolutionFile
from scenarios.functions import Functions
from scenarios.incidents import INCIDENTS
from scenarios.report import Report
from scenarios.summary import summarize
from scenarios.system import Stage

INTERVIEWER = Path(__file__).resolve().parents[1]
REFERENCE = INTERVIEWER / "solutions" / "reference.py"


@cache
def reported(number: int, *, flawed: bool = False) -> Report:
    """Return the report of an incident, with the reference's functions or the kit's flawed ones."""
    incident = INCIDENTS[number - 1]
    file = INTERVIEWER / "incidents" / incident.flawed if flawed and incident.flawed else REFERENCE
    stage = Stage(incident.system, Functions(file=SolutionFile.read(file)), seed=0)
    stage.run(lambda facts: None)
    return summarize(incident, stage.facts, solution=file.name)
