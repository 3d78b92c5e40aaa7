"""The guarantees: what the four functions are to keep to, what each came to, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scenarios.html import count
from tests.judge.report import NOT_STARTED, TASKS

OUTCOMES = {
    "passed": "✓ holds",
    "failed": "✗ broken",
    "error": "! not judged",
    "not_run": "! not judged",
    "not_started": "○ not started",
}


@dataclass(frozen=True, slots=True)
class Guarantee:
    """One sentence of the contract, and what the judge found. `check` is its short name."""

    check: str
    sentence: str
    outcome: str
    evidence: str
    tried: tuple[str, ...]
    facts: Mapping[str, Any]

    @property
    def words(self) -> str:
        """Return the outcome in words, after a sign."""
        return OUTCOMES[self.outcome]


@dataclass(frozen=True, slots=True)
class Task:
    """One of the four functions, and its guarantees."""

    letter: str
    name: str
    outcome: str
    guarantees: Sequence[Guarantee]

    @property
    def words(self) -> str:
        """Return in words how many of its guarantees hold."""
        if self.outcome == "not_started":
            return OUTCOMES["not_started"]
        holding = sum(each.outcome == "passed" for each in self.guarantees)
        return f"{OUTCOMES[self.outcome][0]} {holding} of {len(self.guarantees)}"


def tasks_of(verdict: Mapping[str, Any]) -> list[Task]:
    """Return the tasks of a verdict."""
    return [
        Task(letter, TASKS[letter], task["status"], [*_guarantees(task)])
        for letter, task in verdict["tasks"].items()
    ]


def _guarantees(task: Mapping[str, Any]) -> Iterator[Guarantee]:
    for check, facts in task["checks"].items():
        outcome = "not_started" if _is_not_started(facts) else facts["status"]
        tried = tuple(facts["coverage"].split("; ")) if facts["coverage"] else ()
        evidence = _evidence(outcome, facts, tried)
        yield Guarantee(check, facts["rule"], outcome, evidence, tried, facts)


def _is_not_started(facts: Mapping[str, Any]) -> bool:
    return facts["status"] == "not_run" and (facts["got"] or "").startswith(NOT_STARTED)


def _evidence(outcome: str, facts: Mapping[str, Any], tried: Sequence[str]) -> str:
    """Return in a line why it is so: what was found, or else how much was tried."""
    if outcome == "not_started":
        return ""
    if outcome != "passed":
        return facts["got"] or ""
    complete = sum(": all " in world for world in tried)
    sampled = sum(": sampled " in world for world in tried)
    parts = [
        f"{count(complete, 'world')} in every order" if complete else "",
        f"{count(sampled, 'world')} sampled" if sampled else "",
    ]
    return ", ".join(filter(None, [count(facts["runs"], "run"), *parts]))
