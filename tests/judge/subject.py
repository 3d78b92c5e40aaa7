"""The subject: the solution that is judged, executed afresh for each worker."""

import asyncio
import builtins
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from infra.errors import SolutionError
from infra.simulation import SimulatedLoop
from infra.solution import SolutionFile

FUNCTIONS = {
    "A": "claim_next_job",
    "B": "create_campaign_jobs",
    "C": "send_email_step",
    "D": "process_job",
}


_ONLY_LOADED = (
    'The file is loaded here, not run: put calls of your own under if __name__ == "__main__":'
)


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
        module = self._first_copy()
        for task, name in FUNCTIONS.items():
            try:
                self.file.function(module, name)
            except SolutionError as error:
                self.missing[task] = str(error)

    def _first_copy(self) -> ModuleType:
        """Execute the file as an event loop's code, like each later copy: none can be started."""
        asyncio._set_running_loop(loop := SimulatedLoop())
        try:
            return self.copy("worker-0")
        except SolutionError as error:
            if isinstance(error.__cause__, RuntimeError) and "event loop" in str(error.__cause__):
                raise SolutionError(f"{error}. {_ONLY_LOADED}") from None
            raise
        finally:
            asyncio._set_running_loop(None)
            loop.close()

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
