"""`python -m tests`: its options, what it prints, its JSON and its exit status."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from interviewer.selftests.hostile import ROOT, right
from tests.__main__ import main
from tests.judge.names import all_names
from tests.judge.report import KIT_VERSION

WRONG = ROOT / "interviewer" / "solutions" / "wrong" / "a4_select_then_save.py"
RIGHT = ROOT / "interviewer" / "solutions" / "right" / "short_and_plain.py"
STARTER = ROOT / "candidate" / "solution.py"


def call(*arguments: object) -> Result:
    """Call the command without a terminal."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def document_of(*arguments: object) -> dict[str, Any]:
    """Call it for the JSON, which is all that it prints then."""
    document: dict[str, Any] = json.loads(call(*arguments, "--json", "-").stdout)
    return document


@pytest.mark.parametrize(
    ("solution", "options", "status"),
    [
        (RIGHT, ["--only", "A"], 0),
        (WRONG, ["--only", "A4"], 1),
        (STARTER, [], 0),
        (STARTER, ["--strict"], 1),
        (ROOT / "nowhere.py", [], 2),
        (ROOT / "pyproject.toml", [], 2),
    ],
)
def test_the_exit_status(solution: Path, options: list[str], status: int) -> None:
    """0 when nothing failed, 1 when a check did, 2 for a file that cannot be loaded."""
    result = call("--solution", solution, *options)

    assert (result.exit_code, result.stderr) == (status, "")


def test_what_is_not_started_is_neither_red_nor_green() -> None:
    """The starter has a line a task that says so, and no failure."""
    result = call("--solution", STARTER)

    assert [line[0] for line in result.stdout.splitlines() if "not started" in line] == ["○"] * 4
    assert result.stdout.splitlines()[-1].startswith("candidate/solution.py: 25 not run")


def test_a_failure_has_its_parts_in_order() -> None:
    """The rule, Expected, Got, How it happened, Where and Repeat, in plain text when piped."""
    result = call("--solution", WRONG, "--only", "a4")

    heads = re.findall(
        r"^  (Expected|Got|How it happened|Where|Repeat)\b", result.stdout, re.MULTILINE
    )
    assert heads == ["Expected", "Got", "How it happened", "Where", "Repeat"]
    assert "\x1b" not in result.stdout
    assert re.search(r"^✗ A4  one job one worker +task A$", result.stdout, re.MULTILINE)
    assert all(len(line) < 140 for line in result.stdout.splitlines())


def test_only_judges_no_more() -> None:
    """Checks and tasks can be named, in any case, more than once, and with commas."""
    document = document_of("--solution", RIGHT, "--only", "a1,A3", "--only", "b")

    judged = {task: list(part["checks"]) for task, part in document["tasks"].items()}
    assert judged == {"A": ["A1", "A3"], "B": ["B1", "B2", "B3", "B4"]}


def test_the_json_of_what_passes() -> None:
    """Every task has its status, and every check its rule, runs and coverage."""
    document = document_of("--solution", RIGHT, "--only", "A4")

    check = document["tasks"]["A"]["checks"]["A4"]
    runs, coverage = check.pop("runs"), check.pop("coverage")
    assert list(document) == ["kit", "solution", "seconds", "tasks", "observations"]
    assert (document["kit"], document["solution"]) == (
        KIT_VERSION,
        "interviewer/solutions/right/short_and_plain.py",
    )
    assert (document["tasks"]["A"]["status"], runs > 0) == ("passed", True)
    assert "2 workers, 1 job: all interleavings with ≤ 3 preemptions" in coverage
    assert check == {
        "status": "passed",
        "rule": all_names()["A4"].rule,
        "expected": None,
        "got": None,
        "story": [],
        "why": None,
        "where": None,
        "replay": None,
    }


def test_the_json_of_what_fails() -> None:
    """A check that fails has what was expected and got, a story, a place and a token."""
    document = document_of("--solution", WRONG, "--only", "A4")

    check = document["tasks"]["A"]["checks"]["A4"]
    assert (document["tasks"]["A"]["status"], check["status"]) == ("failed", "failed")
    assert (check["got"], check["replay"]) == (
        "both worker-1 and worker-2 hold job 1",
        "w1*1.w2*1",
    )
    assert check["where"] == "interviewer/solutions/wrong/a4_select_then_save.py:31"
    assert [list(row) for row in check["story"]] == [
        ["ms", "worker", "operation", "result", "marked"]
    ] * 4
    assert [row["worker"] for row in check["story"] if row["marked"]] == ["worker-2"]
    assert check["why"].startswith("Both saw job 1 as free")


def test_the_json_of_what_was_not_judged() -> None:
    """A task that is not started says so, and its checks were not run."""
    document = document_of("--solution", STARTER, "--only", "B")

    checks = document["tasks"]["B"]["checks"].values()
    assert document["tasks"]["B"]["status"] == "not_started"
    assert [(check["status"], check["got"]) for check in checks] == [("not_run", "not started")] * 4


def test_json_that_cannot_be_written(tmp_path: Path) -> None:
    """That is told before anything is judged."""
    file = tmp_path / "missing" / "report.json"

    result = call("--solution", RIGHT, "--json", file)

    assert (result.exit_code, result.stdout) == (2, "")
    assert f"cannot write {file}: No such file or directory" in result.stderr


def test_the_json_can_go_to_a_file(tmp_path: Path) -> None:
    """The file has what `-` prints, and the report is printed as ever."""
    file = tmp_path / "report.json"

    result = call("--solution", RIGHT, "--only", "A2", "--json", file)

    document = json.loads(file.read_text(encoding="utf-8"))
    assert document["tasks"]["A"]["checks"]["A2"]["status"] == "passed"
    assert result.stdout.splitlines()[-1].startswith("interviewer/solutions/right/")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "Z9"], "there is no check Z9: there are A1 A2"),
        (["--replay", "w1"], "--replay needs --only and the one check it is for, such as A4"),
        (["--replay", "w1", "--only", "A"], "--replay needs --only and the one check"),
        (["--replay", "w1", "--only", "A1,A2"], "--replay needs --only and the one check"),
        (["--budget", "0.5"], "0.5 is not in the range 1<=x<=1000"),
        (["--seed", "x"], "'x' is not a valid integer"),
        (["--bogus"], "--bogus"),
    ],
)
def test_wrong_usage_is_told_in_a_line(arguments: list[str], words: str) -> None:
    """The last line says what is wrong, the status is 2, and nothing was judged."""
    result = call(*arguments)

    error = result.stderr.splitlines()[-1]
    assert (result.exit_code, result.stdout) == (2, "")
    assert error.startswith("Error: ")
    assert words in error


def test_a_failure_is_repeated_with_its_seed(tmp_path: Path) -> None:
    """What other chances have found is repeated with the same ones."""
    result = call("--solution", WRONG, "--only", "A4", "--seed", 7)

    (repeat,) = [line for line in result.stdout.splitlines() if "Repeat" in line]
    assert "SEED=7 REPLAY=w1*1.w2*1" in repeat


def test_a_larger_budget_searches_longer() -> None:
    """What cannot be tried as a whole is tried more often, and what can is not."""
    usual, larger = (
        document_of("--solution", RIGHT, "--only", "A4,A6", "--budget", budget)["tasks"]["A"]
        for budget in (1, 3)
    )

    assert larger["checks"]["A4"]["runs"] > usual["checks"]["A4"]["runs"]
    assert larger["checks"]["A6"] == usual["checks"]["A6"]


def test_a_solution_elsewhere_is_named_shortly(tmp_path: Path) -> None:
    """A file outside of the project goes by its name."""
    path = tmp_path / "mine.py"
    path.write_text(right(), encoding="utf-8")

    assert document_of("--solution", path, "--only", "A2")["solution"] == "mine.py"
