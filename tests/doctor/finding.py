"""What was found of one thing, and what there is to do about it."""

import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements.txt"

_VENV = ROOT / ".venv"
_STAMP = _VENV / ".runtime"
"""By it make tells that .venv is made."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, in words; with something `to_do` when the hour cannot begin like that.

    What is noted is otherwise than usual, and no hindrance.
    """

    words: str
    to_do: str = ""
    is_noted: bool = False

    @property
    def mark(self) -> str:
        """The sign at the beginning of its line."""
        return "✗" if self.to_do else "–" if self.is_noted else "✓"


def to_set_up() -> str:
    """Return how the packages become right, for the Python that runs."""
    if Path(sys.prefix) != _VENV and _STAMP.exists():
        return "use .venv/bin/python, or make doctor"
    is_made = _STAMP.exists() and _STAMP.stat().st_mtime >= REQUIREMENTS.stat().st_mtime
    return "make clean && make setup" if is_made else "make setup"
