"""`python -m candidate.examples`: every call works, and nothing stays."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import infra
from candidate import examples, helpers
from infra.services import (
    Replies,
    RepliesConfig,
    Salesforce,
    SalesforceConfig,
    SendGrid,
    SendGridConfig,
    SentimentApi,
    SentimentConfig,
    Services,
)
from interviewer.selftests.world import new_world, value_of

ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, *arguments: str) -> str:
    """Run this Python in a folder, and return what it prints."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def everything_in(database: Path) -> list[str]:
    """Return a database's whole content, as SQL."""
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


def test_they_change_nothing_that_stays(tmp_path: Path) -> None:
    """They run on the sample database as it is after setup, and leave it as it was."""
    unwanted = shutil.ignore_patterns("__pycache__")  # where others may be writing
    for folder in ("infra", "candidate"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=unwanted)
    shutil.copy(ROOT / "setup_db.py", tmp_path)
    run(tmp_path, "setup_db.py")
    before = everything_in(tmp_path / "interview.db")

    printed = run(tmp_path, "-m", "candidate.examples")

    assert "Winter news" in printed
    assert everything_in(tmp_path / "interview.db") == before


def test_without_a_database_they_say_what_to_do(tmp_path: Path) -> None:
    """One line, and no traceback."""
    for folder in ("infra", "candidate"):
        shutil.copytree(ROOT / folder, tmp_path / folder)

    done = subprocess.run(
        [sys.executable, "-m", "candidate.examples"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "interview.db is not there: run `make setup`, or `python setup_db.py`\n"


def test_they_survive_services_that_fail(capsys: pytest.CaptureFixture[str]) -> None:
    """With every call to a service failing they print the errors, and go on to their end."""
    failing = Services(
        sendgrid=SendGrid(SendGridConfig(error_rate=1)),
        salesforce=Salesforce(SalesforceConfig(error_rate=1)),
        replies=Replies(RepliesConfig(error_rate=1)),
        sentiment=SentimentApi(SentimentConfig(error_rate=1)),
    )

    with new_world(services=failing) as world:
        world.run(examples.main())

    printed = capsys.readouterr().out
    assert "SalesforceError, transient" in printed
    assert "SentimentAPIError, transient" in printed
    assert "unsubscribe" in printed


def test_they_survive_an_empty_database() -> None:
    """They need no rows: whatever a candidate has done to the sample database, they run."""
    with new_world("DELETE FROM campaigns;") as world:
        world.run(examples.main())

        assert world.run(value_of("SELECT count(*) FROM campaigns")) == 0


def test_they_show_every_call() -> None:
    """Every function of `infra` and of the helpers is among them."""
    text = Path(examples.__file__).read_text(encoding="utf-8")
    functions = {name for name in (*infra.__all__, *helpers.__all__) if name.islower()}

    # The opposite of is_transient_error needs no showing.
    assert {name for name in functions if f"{name}(" not in text} == {"is_permanent_error"}
