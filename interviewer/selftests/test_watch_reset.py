"""A task's function is put back as the starter has it; nothing that was written gets lost."""

import ast
from pathlib import Path

import pytest
from click.testing import CliRunner

from candidate import solution as starter
from interviewer.selftests.test_judge_corpus import SOLUTIONS
from tests.__main__ import main
from tests.judge.subject import FUNCTIONS as FUNCTIONS_OF_THE_JUDGE
from tests.watch.reset import STARTER, ResetError, put_back, with_starter
from tests.watch.words import FUNCTIONS

REFERENCE = (SOLUTIONS / "reference.py").read_text(encoding="utf-8")
STARTER_TEXT = STARTER.read_text(encoding="utf-8")


def functions(source: str) -> dict[str, str]:
    """Return the text of each function."""
    return {
        node.name: ast.get_source_segment(source, node) or ""
        for node in ast.parse(source).body
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)
    }


def test_the_kept_starter_is_the_starter() -> None:
    """The copy that resets are taken from is the file that a candidate is given."""
    assert Path(starter.__file__).read_text(encoding="utf-8") == STARTER_TEXT
    assert FUNCTIONS == FUNCTIONS_OF_THE_JUDGE


@pytest.mark.parametrize("task", FUNCTIONS)
def test_one_function_changes_and_no_other(task: str) -> None:
    """The task's function is the starter's, all else is as it was, letter by letter."""
    after = with_starter(REFERENCE, task)

    name = FUNCTIONS[task]
    before = functions(REFERENCE)
    assert functions(after) == {**before, name: functions(STARTER_TEXT)[name]}
    assert after.replace(functions(after)[name], before[name]) == REFERENCE


def test_the_starter_stays_the_starter() -> None:
    """Where nothing was written nothing changes."""
    assert {with_starter(STARTER_TEXT, task) for task in FUNCTIONS} == {STARTER_TEXT}


def test_a_decorated_function_goes_with_its_decorators() -> None:
    """A decorator is part of what was written."""
    source = "x = 1\n\n\n@retry(\n    3\n)\nasync def claim_next_job():\n    return 1\n\n\ny = 2\n"

    after = with_starter(source, "A")

    assert after.startswith("x = 1\n\n\nasync def claim_next_job() -> Job | None:\n")
    assert after.endswith("    raise NotImplementedError\n\n\ny = 2\n")


def test_a_function_that_is_gone_comes_at_the_end() -> None:
    """A function that was deleted or renamed is added."""
    after = with_starter("x = 1\n", "A")

    assert after.startswith("x = 1\n\n\nasync def claim_next_job()")
    assert after.endswith("    raise NotImplementedError\n")


def test_a_file_with_a_syntax_error_can_be_reset() -> None:
    """When the mistake is in that function, the file parses again."""
    broken = STARTER_TEXT.replace(
        "    raise NotImplementedError",
        '    sql = """\nSELECT 1\n"""\n    rows = await execute_sql((sql',
        1,
    )

    assert with_starter(broken, "A") == STARTER_TEXT


def test_line_ends_stay_as_they_are(tmp_path: Path) -> None:
    """A file from Windows keeps its line ends."""
    file = tmp_path / "solution.py"
    file.write_bytes(REFERENCE.replace("\n", "\r\n").encode())

    put_back(file, "A")

    assert file.read_bytes() == with_starter(REFERENCE, "A").replace("\n", "\r\n").encode()


def test_the_old_text_is_kept_and_never_overwritten(tmp_path: Path) -> None:
    """Each reset keeps the file as it was, under the next number."""
    file = tmp_path / "solution.py"
    file.write_text("first")
    (tmp_path / "solution.A.2.py.bak").write_text("not ours")

    file.write_text("x = 1\n")
    one = put_back(file, "A")
    file.write_text("x = 2\n")
    two = put_back(file, "A")

    kept = {path.name: path.read_text() for path in tmp_path.glob("*.bak")}
    assert (one.name, two.name) == ("solution.A.1.py.bak", "solution.A.3.py.bak")
    assert kept == {
        "solution.A.1.py.bak": "x = 1\n",
        "solution.A.2.py.bak": "not ours",
        "solution.A.3.py.bak": "x = 2\n",
    }


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Nothing can be put back into nothing."""
    with pytest.raises(ResetError, match=r"solution\.py cannot be read"):
        put_back(tmp_path / "solution.py", "A")


@pytest.mark.parametrize(("answer", "is_reset"), [("y\n", True), ("n\n", False), ("", False)])
def test_the_command_asks_first(tmp_path: Path, answer: str, is_reset: bool) -> None:  # noqa: FBT001 - given by its name
    """Only a yes changes anything."""
    file = tmp_path / "solution.py"
    file.write_text(REFERENCE)

    done = CliRunner().invoke(main, ["--solution", str(file), "--reset", "a"], input=answer)

    assert file.read_text() == (with_starter(REFERENCE, "A") if is_reset else REFERENCE)
    assert done.exit_code == (0 if is_reset else 1)
    assert len(list(tmp_path.glob("*.bak"))) == is_reset
