"""The report: what every check came to, as JSON and as text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tests.judge.failure import Failure, Row

KIT_VERSION = "1.0.0"
TASKS = {"A": "claim", "B": "create", "C": "send", "D": "process"}

NOT_STARTED = "not started"
"""How the message of a check begins whose function is as in the starter."""

CheckStatus = Literal["passed", "failed", "error", "not_run"]
TaskStatus = Literal["passed", "failed", "not_started", "error"]


@dataclass(frozen=True, slots=True)
class Result:
    """What one check came to. `message` says why it is an error, or was not run."""

    id: str
    name: str
    rule: str
    status: CheckStatus
    message: str = ""
    failure: Failure | None = None
    runs: int = 0
    coverage: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the check as the report has it."""
        failure = self.failure
        return {
            "status": self.status,
            "rule": self.rule,
            "expected": failure.expected if failure else None,
            "got": failure.got if failure else self.message or None,
            "story": [row.as_json() for row in failure.story] if failure else [],
            "why": failure.why if failure else None,
            "where": failure.where if failure else None,
            "replay": failure.replay if failure else None,
            "runs": self.runs,
            "coverage": self.coverage,
        }

    def to_event(self) -> dict[str, Any]:
        """Return all of it, as it goes from process to process."""
        event = {**self.as_json(), "id": self.id, "name": self.name, "message": self.message}
        if self.failure:
            event["source"] = self.failure.source
        return event

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Result":
        """Return what `to_event` was given."""
        failure = None
        if event["status"] == "failed":
            failure = Failure(
                expected=event["expected"],
                got=event["got"],
                why=event["why"],
                story=[Row(**row) for row in event["story"]],
                where=event["where"],
                source=event["source"],
                replay=event["replay"],
            )
        return cls(
            event["id"],
            event["name"],
            event["rule"],
            event["status"],
            event["message"],
            failure,
            event["runs"],
            event["coverage"],
        )


@dataclass(slots=True)
class Report:
    """All results of a solution. `unusable` says in a line why it could not be judged at all."""

    solution: str
    results: Sequence[Result]
    observations: Sequence[tuple[str, str]] = ()
    prints: str = ""
    seconds: float = 0.0
    unusable: str | None = None
    seed: int = 0
    by_own_claims: Sequence[str] = ()
    """The tasks that pass with the solution's own claims, and not with the kit's."""

    def of_task(self, task: str) -> list[Result]:
        """Return the results of one task."""
        return [result for result in self.results if result.id[0] == task]

    def status_of(self, task: str) -> TaskStatus:
        """Return what a task came to."""
        results = self.of_task(task)
        statuses = {result.status for result in results}
        if results and all(result.message.startswith(NOT_STARTED) for result in results):
            return "not_started"
        if "failed" in statuses:
            return "failed"
        return "error" if "error" in statuses or "not_run" in statuses else "passed"

    def failures(self) -> list[Result]:
        """Return the checks that failed, or could not be judged."""
        return [result for result in self.results if result.status in ("failed", "error")]

    def exit_status(self, *, strict: bool) -> int:
        """Return 0 when nothing failed, 1 when something did, 2 for a file that cannot be used."""
        if self.unusable:
            return 2
        statuses = {self.status_of(task) for task in self.judged()}
        bad = {"failed", "error"} | ({"not_started"} if strict else set())
        return 1 if statuses & bad else 0

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        document: dict[str, Any] = {
            "kit": KIT_VERSION,
            "solution": self.solution,
            "seconds": round(self.seconds, 2),
            "tasks": {
                task: {
                    "status": self.status_of(task),
                    "checks": {result.id: result.as_json() for result in self.of_task(task)},
                }
                for task in self.judged()
            },
            "observations": [{"task": task, "text": text} for task, text in self.observations],
        }
        if self.unusable:
            document["error"] = self.unusable
        return document

    def judged(self) -> list[str]:
        """Return the tasks of which any check was to be judged."""
        return [task for task in TASKS if self.of_task(task)]
