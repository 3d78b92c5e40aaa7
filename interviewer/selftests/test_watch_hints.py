"""The hints: three for each check, and none of them gives the solution away."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.__main__ import main
from tests.hints import HINTS, STEPS
from tests.judge.names import all_names
from tests.watch.session import Session

SOLUTIONS = Path(__file__).resolve().parents[1] / "solutions"
CODE = re.compile(r"[`()\[\]{}=_<>]|\b(await|async|def|SELECT|UPDATE|INSERT|RETURNING|WHERE|FOR)\b")


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session of its own, for the command line too."""
    made = Session(tmp_path / "session.jsonl")
    monkeypatch.setattr(Session, "of", lambda environment: made)
    return made


def test_each_check_has_three() -> None:
    """The hints are those of the contract's 25 checks, three each, and no two are the same."""
    texts = [text for steps in HINTS.values() for text in steps]

    assert list(HINTS) == list(all_names())
    assert {len(steps) for steps in HINTS.values()} == {STEPS}
    assert len(set(texts)) == len(all_names()) * STEPS


@pytest.mark.parametrize("check", HINTS)
def test_a_hint_is_no_code(check: str) -> None:
    """No call, no assignment, no SQL, no name with an underscore; the last names a technique."""
    assert [text for text in HINTS[check] if CODE.search(text)] == []
    assert HINTS[check][2].startswith("The technique is called ")


def test_no_hint_names_a_solution() -> None:
    """No right or wrong solution is named, in words or as a file."""
    texts = " ".join(text.lower() for steps in HINTS.values() for text in steps)
    names = [path.stem.replace("_", " ") for path in SOLUTIONS.glob("*/[!_]*.py")]

    assert [name for name in names if name in texts] == []


def test_the_command_gives_the_next_one(session: Session) -> None:
    """Each call prints one more; when there are no more, all three."""
    printed = [CliRunner().invoke(main, ["--hint", "a4"]).output for _ in range(4)]

    assert [f"A4, hint {n + 1} of 3: {HINTS['A4'][n]}\n" for n in range(3)] == printed[:3]
    assert all(text in printed[3] for text in HINTS["A4"])
    assert session.progress().hints == {"A4": 3}


def test_the_command_says_when_hints_are_off(session: Session) -> None:
    """With HINTS=0 it prints no hint, and counts none."""
    printed = CliRunner().invoke(main, ["--hint", "A4"], env={"HINTS": "0"})

    assert printed.output == "hints are turned off (HINTS=0)\n"
    assert session.progress().hints == {}


def test_the_command_knows_the_checks() -> None:
    """A check that is not there is told, with those that are."""
    printed = CliRunner().invoke(main, ["--hint", "E1"])

    assert printed.exit_code == 2
    assert "there is no E1: there are A1 A2" in printed.output
