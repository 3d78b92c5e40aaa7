"""What changed between two saves, and whether saves are told of at all."""

from pathlib import Path

import pytest

from tests.watch.changes import changed_tasks, in_short
from tests.watch.reset import STARTER
from tests.watch.saves import kind_of_mount, signatures, why_polling

TEXT = STARTER.read_text(encoding="utf-8")
MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
share /home/ada/my\\040files fuse.sshfs rw 0 0
"""


def edited(task: int, line: str = "    return None") -> str:
    """Return the starter with another body in the function of that number."""
    pieces = TEXT.split("    raise NotImplementedError")
    return "".join(
        piece + (line if number == task else "    raise NotImplementedError") * (number < 4)
        for number, piece in enumerate(pieces)
    )


@pytest.mark.parametrize(("number", "task"), list(enumerate("ABCD")))
def test_the_edited_function_is_found(number: int, task: str) -> None:
    """The task is found by its function's text, a comment in it included."""
    assert changed_tasks(TEXT, edited(number)) == [task]
    assert changed_tasks(TEXT, edited(number, "    raise NotImplementedError  # soon")) == [task]


def test_moving_a_function_changes_none() -> None:
    """Lines above and between do not count."""
    moved = TEXT.replace("from infra import Job\n", "import json\n\nfrom infra import Job, now\n")

    assert changed_tasks(TEXT, moved) == []
    assert changed_tasks(TEXT, TEXT) == []


def test_a_file_that_does_not_parse_changes_none() -> None:
    """Nobody knows which function a syntax error is in."""
    assert changed_tasks(TEXT, TEXT + "\n(") == []


def test_decorators_count() -> None:
    """Another decorator is another function."""
    assert changed_tasks(TEXT, TEXT.replace("async def send", "@retry\nasync def send")) == ["C"]


def test_checks_in_short() -> None:
    """Neighbours are taken together, and a whole task is its letter."""
    assert in_short(["A1", "A2", "A3", "A5", "B1", "B2", "B3", "B4", "C7", "D1"]) == (
        "A1-A3 A5 B C7 D1"
    )
    assert in_short([]) == ""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv/kit", "ext4"),
        ("/home/bob", "nfs4"),
        ("/home/ada/my files/kit", "fuse.sshfs"),
        ("/homes", "ext4"),
    ],
)
def test_the_kind_of_mount_is_that_of_the_nearest(folder: str, kind: str) -> None:
    """The deepest mount that the folder is in counts."""
    assert kind_of_mount(Path(folder), MOUNTS) == kind


def test_polling_can_be_asked_for(tmp_path: Path) -> None:
    """The variable that watchfiles knows is heeded here too."""
    assert why_polling(tmp_path, {"WATCHFILES_FORCE_POLLING": "true"}) == "WATCHFILES_FORCE_POLLING"
    assert why_polling(tmp_path, {"WATCHFILES_FORCE_POLLING": "0"}) == why_polling(tmp_path, {})


def test_a_save_changes_the_signature(tmp_path: Path) -> None:
    """A file that was replaced is another one, also with the same text; only Python files count."""
    file, new = tmp_path / "solution.py", tmp_path / "solution.new"
    file.write_text("x = 1\n")
    new.write_text("x = 1\n")
    before = signatures(tmp_path)

    new.replace(file)

    assert list(before) == list(signatures(tmp_path)) == [file]
    assert before != signatures(tmp_path)


def test_the_judge_does_without_what_draws_the_screen() -> None:
    """Of the tests, only those of the watch screen import rich and watchfiles."""
    root = Path(__file__).resolve().parents[2]
    importing = {
        path.parent.relative_to(root).as_posix()
        for path in (root / "tests").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith(("import rich", "from rich", "import watchfiles", "from watchfiles"))
    }

    assert importing == {"tests/watch"}
