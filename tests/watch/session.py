"""The session's file: a line for each judged save, and each hint. Nothing of what was typed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.judge.names import ROOT

FILE = ROOT / ".interview" / "session.jsonl"

_OFF = "0"


@dataclass(frozen=True, slots=True)
class Progress:
    """What a session has come to: the checks of its last run, the number of hints taken."""

    checks: Mapping[str, str]
    hints: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Session:
    """Keeps the progress in a file; nowhere, when that is `None`."""

    file: Path | None

    @classmethod
    def of(cls, environment: Mapping[str, str], file: Path = FILE) -> "Session":
        """Return the session that the environment asks for: none with `SESSION=0`."""
        return cls(None if environment.get("SESSION") == _OFF else file)

    def add(
        self, event: str, when: datetime, checks: Mapping[str, str], hints: Mapping[str, int]
    ) -> None:
        """Add a line. A disk that is full or not ours is no reason to stop judging."""
        if self.file is None:
            return
        entry = {
            "time": when.isoformat(timespec="seconds"),
            "event": event,
            "checks": dict(checks),
            "hints": dict(hints),
        }
        try:
            self.file.parent.mkdir(exist_ok=True)
            with self.file.open("ab") as file:
                file.write(json.dumps(entry).encode() + b"\n")
        except OSError:
            return

    def progress(self) -> Progress:
        """Return what the file's lines come to. Lines that are not ours are skipped."""
        checks: dict[str, str] = {}
        hints: dict[str, int] = {}
        for entry in self._entries():
            checks = entry["checks"] or checks
            hints = {**hints, **entry["hints"]}
        return Progress(checks, hints)

    def _entries(self) -> Iterator[dict[str, Any]]:
        if self.file is None or not self.file.exists():
            return
        try:
            lines = self.file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if _is_ours(entry):
                yield entry


def _is_ours(entry: object) -> bool:
    match entry:
        case {"checks": dict(checks), "hints": dict(hints)}:
            statuses = all(isinstance(status, str) for status in checks.values())
            return statuses and all(isinstance(number, int) for number in hints.values())
    return False


def are_hints_on(environment: Mapping[str, str]) -> bool:
    """Return whether hints are given: not with `HINTS=0`."""
    return environment.get("HINTS") != _OFF
