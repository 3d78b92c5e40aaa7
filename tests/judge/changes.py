"""What changes the rows of jobs: which operation was the last to do so."""

from collections.abc import Sequence

from infra.operations import Operation
from tests.judge.stage import Stage


class Changes:
    """Keeps which operation was the last to change each job, inside a transaction or not."""

    def __init__(self, stage: Stage):
        self.stage = stage
        self._rows = self._read()
        self._operations: dict[int, Operation] = {}
        stage.on_statement = self._note

    def line(self, job_id: int) -> int | None:
        """Return the line that changed a job, if it is known."""
        return self.stage.line_of(self._operations.get(job_id))

    def _note(self, operation: Operation) -> None:
        rows = self._read()
        for number, row in rows.items():
            if row != self._rows.get(number):
                self._operations[number] = operation
        self._rows = rows

    def _read(self) -> dict[int, Sequence[object]]:
        # As they are: what cannot be read as a Job is not for the statement to hear of.
        return {number: row for number, *row in self.stage.select("SELECT id, * FROM jobs").rows}  # type: ignore[misc]
