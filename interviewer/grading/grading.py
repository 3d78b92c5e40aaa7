"""What a graded submission is, and the JSON of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

_SHOWN_MAX = 200


def visible(text: str) -> str:
    """Return a text that may be somebody's with nothing in it that a terminal would act on."""
    shown = "".join(mark if mark.isprintable() else "�" for mark in text)
    return shown if len(shown) <= _SHOWN_MAX else f"{shown[: _SHOWN_MAX - 1]}…"


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A judged save or a hint, as the watch screen notes it in `.interview/session.jsonl`.

    `checks` has what each check came to, empty for a hint; `hints` how many were taken so far.
    `time` is in ISO 8601, aware.
    """

    time: str
    event: str
    checks: Mapping[str, str]
    hints: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """A submission, and what the judge says of it: either a verdict, or what the problem is."""

    name: str
    """What the submission's file or folder is called, without an ending."""
    source: str
    """Where it came from: the path as it was given, and within it that of the solution."""
    solution: str | None = None
    """The text of its solution.py; `None` when there is none that is text."""
    verdict: Mapping[str, Any] | None = None
    """As `python -m tests --json` has it; `None` when it was not judged."""
    problem: str | None = None
    """Why it could not be judged, in a line."""
    changed: tuple[str, ...] = ()
    """Files of the kit that are otherwise than they were handed out; these counted for nothing."""
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    session: tuple[SessionLine, ...] = ()
    budget: float = 1.0
    """How much longer was searched than `make test` does."""
    seed: int = 0
    seconds: float = 0.0

    @property
    def outcome(self) -> Literal["passed", "failed", "problem"]:
        """Return what it came to: a task that is not started has not passed."""
        if self.verdict is None:
            return "problem"
        tasks = self.verdict["tasks"].values()
        return "passed" if all(task["status"] == "passed" for task in tasks) else "failed"

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Grading":
        """Return what `as_json` was called on."""
        values = dict(document)
        for name in ("changed", "missing", "added"):
            values[name] = tuple(values[name])
        values["session"] = tuple(SessionLine(**line) for line in values["session"])
        return cls(**values)
