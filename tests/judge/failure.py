"""How a check failed. Imports nothing of the kit: the parent process needs it at once."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a story. `marked` are those at which it went another way than by default."""

    ms: float
    worker: str
    operation: str
    result: str
    marked: bool

    def as_json(self) -> dict[str, object]:
        """Return the row as the report has it."""
        return {
            "ms": self.ms,
            "worker": self.worker,
            "operation": self.operation,
            "result": self.result,
            "marked": self.marked,
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """How a check failed. `where` is `file:line`, `source` that line's text.

    `why` is a sentence or two; `replay` is the token of exactly this run, empty for a run in
    which nobody was interrupted.
    """

    expected: str
    got: str
    why: str
    story: Sequence[Row]
    where: str
    source: str
    replay: str


class CheckFailed(AssertionError):
    """A check failed; `failure` tells how."""

    def __init__(self, failure: Failure):
        super().__init__(f"expected {failure.expected}; got {failure.got}")
        self.failure = failure
