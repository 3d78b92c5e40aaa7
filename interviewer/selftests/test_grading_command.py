"""`python -m interviewer grade`: what it judges, prints and writes, and its exit status."""

import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from click.testing import CliRunner, Result

from interviewer.__main__ import main
from interviewer.grading.grade import BUDGET
from interviewer.grading.grading import Grading
from interviewer.kit.copy import write_files
from interviewer.kit.files import SOLUTION, kit_files
from interviewer.selftests.hostile import ROOT, right
from tests.judge.names import all_names

STARTER = (ROOT / "tests" / "starter.py").read_text(encoding="utf-8")
ALWAYS_THE_SAME_JOB = f"""{STARTER}

async def claim_next_job():
    return await Job.filter(id=1).first()
"""
"""One function of four is written, and wrong: quickly judged."""


def grade(path: Path, *options: object) -> Result:
    """Grade, without a terminal."""
    return CliRunner().invoke(main, ["grade", str(path), *map(str, options)])


def document_of(path: Path, *options: object) -> dict[str, Any]:
    """Grade for the JSON, which is all that it prints then."""
    document: dict[str, Any] = json.loads(grade(path, "--json", "-", *options).stdout)
    return document


def written(path: Path, text: str) -> Path:
    """Return a file that has this text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def ada(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A right solution."""
    return written(tmp_path_factory.mktemp("right") / "ada.py", right())


@pytest.fixture(scope="module")
def of_ada(ada: Path) -> Result:
    """What is printed of it; beside it is the JSON."""
    return grade(ada, "--seed", 3, "--budget", 1.5, "--json", ada.with_suffix(".json"))


def test_a_right_solution_has_a_line_for_each_guarantee(of_ada: Result) -> None:
    """Each says in a sentence what holds; the end says how many, and how to do it again."""
    lines = of_ada.stdout.splitlines()
    assert (of_ada.exit_code, of_ada.stderr) == (0, "")
    for name in all_names().values():
        assert f"  ✓ {name.id}  {name.rule}" in lines
    assert re.fullmatch(
        r"25 of 25 guarantees hold \(seed 3, 1\.5 × the runs of make test; [\d.]+ s\)", lines[-1]
    )


def test_a_wrong_solution_tells_what_where_and_how_to_see_it(tmp_path: Path) -> None:
    """Below the guarantee that is broken are what was seen, the line, and the command."""
    result = grade(written(tmp_path / "ada.py", ALWAYS_THE_SAME_JOB), "--seed", 3)

    lines = result.stdout.splitlines()
    broken = lines.index(f"  ✗ A1  {all_names()['A1'].rule}")
    assert result.exit_code == 1
    assert lines[broken + 1].strip()
    assert "candidate/solution.py" in lines[broken + 2]
    assert "make test T=A1 SEED=3" in lines[broken + 2]


def test_the_json_is_the_grading(ada: Path, of_ada: Result) -> None:
    """It has the terms, the solution and the judge's verdict, which is that of the kit."""
    grading = Grading.from_json(json.loads(ada.with_suffix(".json").read_text(encoding="utf-8")))

    assert (grading.name, grading.source, grading.solution) == ("ada", str(ada), right())
    assert (grading.seed, grading.budget, grading.outcome) == (3, 1.5, "passed")
    assert grading.verdict
    assert grading.verdict["solution"] == SOLUTION
    assert Grading.from_json(json.loads(json.dumps(grading.as_json()))) == grading


def test_chances_are_new_each_time_and_the_same_with_the_seed(tmp_path: Path) -> None:
    """Without a seed one is drawn, and told; with it the verdict is the same to the letter."""
    path = written(tmp_path / "ada.py", ALWAYS_THE_SAME_JOB)

    first = document_of(path)
    again = document_of(path, "--seed", first["seed"])
    another = document_of(path)

    for document in (first, again):
        del document["seconds"], document["verdict"]["seconds"]
    assert first == again
    assert another["seed"] != first["seed"]
    assert first["budget"] == BUDGET


def test_edits_of_the_kit_count_for_nothing(tmp_path: Path) -> None:
    """Who makes the judge pass everything, in the kit that is returned, is judged all the same."""
    files = kit_files()
    files[SOLUTION] = ALWAYS_THE_SAME_JOB.encode()
    files["tests/judge/report.py"] = files["tests/judge/report.py"].replace(
        b'"status": self.status,', b'"status": "passed",'
    )
    files["tests/__main__.py"] = b"import sys; sys.exit(0)\n"
    files["sitecustomize.py"] = b"import os; os._exit(0)\n"
    write_files(files, tmp_path / "ada")

    grading = Grading.from_json(document_of(tmp_path / "ada"))

    assert grading.outcome == "failed"
    assert grading.changed == ("tests/__main__.py", "tests/judge/report.py")
    assert (grading.missing, grading.added) == ((), ("sitecustomize.py",))


def test_a_starter_has_not_passed(tmp_path: Path) -> None:
    """Nothing is red, but nothing holds: the status is 1."""
    write_files(kit_files(), tmp_path / "ada")

    result = grade(tmp_path / "ada")

    assert result.exit_code == 1
    assert "✗" not in result.stdout
    assert "\n0 of 25 guarantees hold" in result.stdout


def test_many_have_a_line_each(tmp_path: Path) -> None:
    """Passed, failed and not graded, in the order of their names; the worst gives the status."""
    written(tmp_path / "ada.py", right())
    written(tmp_path / "grace" / SOLUTION, ALWAYS_THE_SAME_JOB)
    written(tmp_path / "linus.py", "async def claim_next_job(:")
    written(tmp_path / "notes.txt", "")
    with zipfile.ZipFile(tmp_path / "margaret.zip", "w") as archive:
        archive.writestr("../solution.py", "")

    result = grade(tmp_path, "--budget", 1)

    lines = result.stdout.splitlines()
    assert result.exit_code == 2
    assert lines[0].split() == ["A", "B", "C", "D"]
    assert [line.split()[0] for line in lines[1:5]] == ["ada", "grace", "linus", "margaret"]
    assert lines[1].split()[1:] == ["7/7", "4/4", "7/7", "7/7", "✓", "every", "guarantee", "holds"]
    assert "✗ A1: " in lines[2]
    assert "! candidate/solution.py:1: syntax error: " in lines[3]
    assert lines[4].endswith("! it has a path that leads out of it: ../solution.py")
    assert lines[-1] == "left out, as they are no submissions: notes.txt"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\xff", "! candidate/solution.py:1: syntax error: "),
        ("import interviewer", "! candidate/solution.py:1: ModuleNotFoundError: "),
        ("\0", "! candidate/solution.py:1: "),
    ],
)
def test_what_cannot_be_loaded_is_told_in_a_line(text: str, words: str, tmp_path: Path) -> None:
    """The line begins with the file, and the status is 2."""
    path = tmp_path / "ada.py"
    path.write_bytes(text.encode("latin-1"))

    result = grade(path)

    assert (result.exit_code, len(result.stdout.splitlines())) == (2, 2)
    assert result.stdout.splitlines()[1].startswith(words)


def test_one_has_a_page(tmp_path: Path) -> None:
    """The page is that of its grading, and where it lies is the last line."""
    path, page = written(tmp_path / "ada.py", ALWAYS_THE_SAME_JOB), tmp_path / "new" / "ada.html"

    result = grade(path, "--html", page)

    assert result.stdout.splitlines()[-1] == f"the page: {page}"
    text = page.read_text(encoding="utf-8")
    assert text.lower().startswith("<!doctype html>")
    assert "claim_next_job" in text


def test_many_have_a_table_that_leads_to_their_pages(tmp_path: Path) -> None:
    """Each link of the table leads to a page of that submission."""
    for name in ("ada & grace", "linus"):
        written(tmp_path / "in" / f"{name}.py", "x")

    grade(tmp_path / "in", "--html", tmp_path / "all.html")

    text = (tmp_path / "all.html").read_text(encoding="utf-8")
    links = [unquote(link) for link in re.findall(r'href="([^"]+\.html)"', text)]
    assert links == ["all/ada & grace.html", "all/linus.html"]
    assert "linus" in (tmp_path / links[1]).read_text(encoding="utf-8")


def test_a_name_that_is_no_text_is_shown_all_the_same(tmp_path: Path) -> None:
    """On the screen and in the JSON a mark stands for what cannot be shown."""
    written(tmp_path / os.fsdecode(b"ada\xff\x1b.py"), "x")
    written(tmp_path / "grace.py", "x")

    result = grade(tmp_path, "--json", tmp_path / "out.json")

    names = [each["name"] for each in json.loads((tmp_path / "out.json").read_text("utf-8"))]
    assert names == ["ada��", "grace"]
    assert result.stdout.splitlines()[1].startswith("ada�� ")


def test_wrong_usage_is_told_in_a_line(tmp_path: Path) -> None:
    """A path that is not there, an empty folder, and a file that cannot be written."""
    nowhere, empty = grade(tmp_path / "nowhere"), grade(tmp_path)
    path = written(tmp_path / "ada.py", "x")
    unwritable = grade(path, "--json", path / "x.json")

    assert [each.exit_code for each in (nowhere, empty)] == [2, 2]
    assert nowhere.stderr == f"there is no {tmp_path / 'nowhere'}\n"
    assert empty.stderr.startswith("there is no submission in ")
    assert unwritable.exit_code == 2
    assert unwritable.stderr == f"{path / 'x.json'} cannot be written: File exists\n"
