"""The subject: the solution that is judged, executed afresh for each worker."""

import builtins
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from infra.errors import SolutionError
from infra.solution import SolutionFile

FUNCTIONS = {
    "A": "claim_next_job",
    "B": "create_campaign_jobs",
    "C": "send_email_step",
    "D": "process_job",
}


class Subject:
    """A solution file. `missing` tells in a line what is wrong with a task's function, if it is."""

    def __init__(self, path: Path):
        self.path = path
        self.file = SolutionFile.read(path)
        self.missing: dict[str, str] = {}
        self.work_of_steps: dict[str, frozenset[str]] = {}
        """The services that each step asked when all went well; empty until that was seen."""

    def copy(self, worker: str) -> ModuleType:
        """Execute the file in a new module, as a process of its own would."""
        return self.file.execute(_builtins_of(worker))

    def check_functions(self) -> None:
        """Note which of the four functions are not there. Raises SolutionError."""
        module = self.copy("worker-0")
        for task, name in FUNCTIONS.items():
            try:
                self.file.function(module, name)
            except SolutionError as error:
                self.missing[task] = str(error)

    def is_written(self, task: str) -> bool:
        """Return whether a task's function is more than the starter's."""
        return FUNCTIONS[task] not in self.file.unwritten


def _builtins_of(worker: str) -> dict[str, Any]:
    """Return the builtins of a process: hash() of a text differs from that of any other."""

    def process_hash(value: object, /) -> int:
        return hash((worker, value)) if _has_text(value) else hash(value)

    process_hash.__name__ = "hash"
    return {**vars(builtins), "hash": process_hash}


def _has_text(value: object) -> bool:
    if isinstance(value, tuple | frozenset):
        return any(_has_text(item) for item in value)
    return isinstance(value, str | bytes | datetime)
