"""Reading submissions: the solution in a file, a folder or a zip, and nothing that does harm."""

import os
import stat
import struct
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from interviewer.grading.grading import SessionLine
from interviewer.grading.parcel import ENTRIES_MAX
from interviewer.grading.pile import NothingThere, pile_of
from interviewer.grading.submission import SOLUTION_BYTES_MAX, Submission, read
from interviewer.kit.copy import write_files

SOLUTION = b"async def claim_next_job(): ...\n"
KIT = {
    "README.md": b"Read me.\nTwice.\n",
    "candidate/solution.py": b"raise NotImplementedError\n",
    "infra/solution.py": b"the kit's own\n",
    "tests/test_a_claim.py": b"assert False\n",
}
RETURNED = {**KIT, "candidate/solution.py": SOLUTION}
LINK = (stat.S_IFLNK | 0o777) << 16


def read_folder(folder: Path, files: Mapping[str, bytes] = RETURNED) -> Submission:
    """Read a folder that has these files besides what it has already."""
    write_files(files, folder)
    return read(folder, "ada", KIT)


def read_zip(folder: Path, files: Mapping[str | zipfile.ZipInfo, bytes]) -> Submission:
    """Read a zip of these files."""
    with zipfile.ZipFile(folder / "ada.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return read(folder / "ada.zip", "ada", KIT)


def differences(submission: Submission) -> tuple[tuple[str, ...], ...]:
    """Return what is otherwise than it was handed out."""
    return (submission.changed, submission.missing, submission.added)


def link_in_zip(name: str) -> zipfile.ZipInfo:
    """Return a zip's entry that is a link."""
    link = zipfile.ZipInfo(name)
    link.create_system, link.external_attr = 3, LINK
    return link


def test_a_file_is_a_submission(tmp_path: Path) -> None:
    """A solution.py alone has a solution, and nothing that it could differ in."""
    path = tmp_path / "solution.py"
    path.write_bytes(SOLUTION)

    submission = read(path, "ada", KIT)

    assert (submission.solution, submission.problem) == (SOLUTION, None)
    assert differences(submission) == ((), (), ())
    assert submission.source == str(path)


@pytest.mark.parametrize("root", ["", "kit/", "a folder/kit/"])
def test_a_returned_kit_is_found_in_folder_and_zip(root: str, tmp_path: Path) -> None:
    """Wherever the kit lies in it, the solution and the differences are those of the kit."""
    files = {f"{root}{path}": content for path, content in RETURNED.items()}
    files[f"{root}tests/test_a_claim.py"] = b"pass\n"
    files[f"{root}notes/idea.txt"] = b"!"
    del files[f"{root}README.md"]

    for submission in (
        read_folder(tmp_path / "ada", files),
        read_zip(tmp_path, {str(path): content for path, content in files.items()}),
    ):
        assert (submission.solution, submission.problem) == (SOLUTION, None)
        assert differences(submission) == (
            ("tests/test_a_claim.py",),
            ("README.md",),
            ("notes/idea.txt",),
        )
        assert submission.source.endswith(f": {root}candidate/solution.py")


def test_other_line_ends_are_no_change(tmp_path: Path) -> None:
    """A kit that went through Windows is as it was handed out."""
    files = {path: content.replace(b"\n", b"\r\n") for path, content in RETURNED.items()}

    assert differences(read_folder(tmp_path / "ada", files)) == ((), (), ())


def test_what_comes_of_working_is_no_addition(tmp_path: Path) -> None:
    """Databases, caches, environments, editors' and git's files are not listed."""
    made = [
        *("interview.db", "interview.db-wal", ".venv/bin/python", "venv/x.py", ".git/HEAD"),
        *("infra/__pycache__/x.pyc", ".interview/session.jsonl", ".vscode/x.json", ".DS_Store"),
        *("candidate/solution.A.1.py.bak", "reports/report.html"),
    ]

    submission = read_folder(tmp_path / "ada", {**RETURNED, **dict.fromkeys(made, b"x")})

    assert differences(submission) == ((), (), ())


def test_a_session_is_read_line_by_line(tmp_path: Path) -> None:
    """Its lines are taken as they are, and what is none is skipped."""
    line = (
        '{"time": "2030-01-01T09:00:00+00:00", "event": "judged", '
        '"checks": {"A1": "passed"}, "hints": {"A4": 1}}'
    )
    lines = ["nonsense", "[" * 100_000, line, '{"time": 7}', "\xff"]
    session = {".interview/session.jsonl": "\n".join(lines).encode("latin-1")}

    submission = read_folder(tmp_path / "ada", {**RETURNED, **session})

    expected = SessionLine("2030-01-01T09:00:00+00:00", "judged", {"A1": "passed"}, {"A4": 1})
    assert submission.session == (expected,)


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    """A solution that is a link, or lies behind one, is none; a kit file that is one is changed."""
    secret = tmp_path / "secret"
    write_files({"solution.py": b"secret", "README.md": KIT["README.md"]}, secret)
    direct, behind, beside = (tmp_path / name for name in ("direct", "behind", "beside"))
    (direct / "candidate").mkdir(parents=True)
    (direct / "candidate" / "solution.py").symlink_to(secret / "solution.py")
    behind.mkdir()
    (behind / "candidate").symlink_to(secret, target_is_directory=True)
    read_folder(beside)
    (beside / "README.md").unlink()
    (beside / "README.md").symlink_to(secret / "README.md")

    problems = [read(folder, "ada", KIT).problem for folder in (direct, behind)]

    assert problems == [
        "candidate/solution.py is a link: none is followed",
        "there is no solution.py in it (candidate is a link: none is followed)",
    ]
    assert differences(read(beside, "ada", KIT)) == (("README.md",), (), ())


def test_a_link_in_a_zip_is_not_followed(tmp_path: Path) -> None:
    """It is told as what it is."""
    submission = read_zip(tmp_path, {link_in_zip("candidate/solution.py"): b"/etc/passwd"})

    assert submission.problem == "candidate/solution.py is a link: none is followed"


@pytest.mark.parametrize(
    "path", ["../out.txt", "a/../../out.txt", "/out.txt", "..\\out.txt", "C:\\o"]
)
def test_a_zip_with_paths_that_lead_out_is_refused(path: str, tmp_path: Path) -> None:
    """The path is told, and nothing is written anywhere."""
    folder = tmp_path / "inside"
    folder.mkdir()

    submission = read_zip(folder, {"candidate/solution.py": SOLUTION, path: b"out"})

    assert submission.problem
    assert submission.problem.startswith("it has a path that leads out of it: ")
    assert [found.name for found in tmp_path.rglob("*")] == ["inside", "ada.zip"]


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """Beside the solution it is an added file; as the solution it is too large."""
    bomb = bytes(300_000_000)

    beside = read_zip(tmp_path, {"candidate/solution.py": SOLUTION, "bomb.bin": bomb})
    itself = read_zip(tmp_path, {"candidate/solution.py": bomb})

    assert (beside.solution, beside.added) == (SOLUTION, ("bomb.bin",))
    assert itself.problem == "candidate/solution.py has more than 1,000,000 bytes"


def test_a_huge_solution_is_refused(tmp_path: Path) -> None:
    """One byte more than the limit is too many; the limit is not."""
    path = tmp_path / "solution.py"
    path.write_bytes(b"#" * SOLUTION_BYTES_MAX)
    allowed = read(path, "ada", KIT)
    path.write_bytes(b"#" * (SOLUTION_BYTES_MAX + 1))

    assert allowed.problem is None
    assert read(path, "ada", KIT).problem == "solution.py has more than 1,000,000 bytes"


def test_no_solution_or_two_are_told(tmp_path: Path) -> None:
    """Nobody guesses which one is meant; the kit's own infra/solution.py is not."""
    none = read_folder(tmp_path / "none", {"infra/solution.py": b"", "README.md": b""})
    two = read_folder(tmp_path / "two", {"solution.py": b"", "candidate/solution.py": b""})

    assert none.problem == "there is no solution.py in it"
    assert two.problem == (
        "there are 2 solution.py in it: solution.py and candidate/solution.py; "
        "keep the one to grade"
    )


def test_a_solution_that_is_no_file_is_told(tmp_path: Path) -> None:
    """A folder and a pipe of that name are told, and a pipe is not waited for."""
    (tmp_path / "a" / "candidate" / "solution.py").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    os.mkfifo(tmp_path / "b" / "solution.py")

    problems = [read(tmp_path / name, name, KIT).problem for name in "ab"]

    assert problems == [
        "candidate/solution.py is a folder, not a file",
        "solution.py is a device, not a file",
    ]


def zip_with(change: str, folder: Path) -> Path:
    """Return a zip that is broken in some way."""
    read_zip(folder, {"candidate/solution.py": SOLUTION * 10})
    path = folder / "ada.zip"
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    match change:
        case "encrypted":
            content[6] |= 1
            content[directory + 8] |= 1
        case "truncated":
            content = content[: len(content) // 2]
        case "garbled":
            content[60] ^= 0xFF
        case "lzma":
            struct.pack_into("<H", content, 8, 14)
            struct.pack_into("<H", content, directory + 10, 14)
        case "empty":
            content = bytearray()
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("encrypted", "it is encrypted: ask for it without a password"),
        ("truncated", "it is no zip that can be read: File is not a zip file"),
        ("garbled", "candidate/solution.py cannot be unpacked: "),
        ("lzma", "it is packed in a way that is not read here: pack it as a plain zip"),
        ("empty", "it is no zip that can be read: File is not a zip file"),
    ],
)
def test_a_zip_that_cannot_be_read_is_told(change: str, words: str, tmp_path: Path) -> None:
    """In a line, with what is wrong with it."""
    submission = read(zip_with(change, tmp_path), "ada", KIT)

    assert submission.solution is None
    assert (submission.problem or "").startswith(words)


def test_a_folder_of_very_many_files_is_refused(tmp_path: Path) -> None:
    """Nobody waits for a disk to be listed."""
    archive = zipfile.ZipFile(tmp_path / "ada.zip", "w")
    with archive:
        for number in range(ENTRIES_MAX + 1):
            archive.writestr(str(number), b"")

    submission = read(tmp_path / "ada.zip", "ada", KIT)

    assert submission.problem == "it has more than 20,000 files: hand in the kit alone"


def test_names_are_shown_with_nothing_a_terminal_acts_on(tmp_path: Path) -> None:
    """Control characters and bytes that are no text become a mark."""
    added = {**RETURNED, "\x1b[31mred": b"", "a\nb": b""}
    write_files(added, tmp_path)
    (tmp_path / os.fsdecode(b"\xff")).write_bytes(b"")

    submission = read(tmp_path, "ada", KIT)

    assert submission.added == ("�[31mred", "a�b", "�")


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """Root may read everything, so it is nobody for a while."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    yield
    if is_root:
        os.seteuid(0)


def test_what_may_not_be_read_is_told(as_nobody: None) -> None:
    """A solution, a folder and a zip say so in a line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        write_files({"solution.py": b"", "ada/candidate/solution.py": b"", "ada.zip": b""}, path)
        for name in ("solution.py", "ada/candidate", "ada.zip"):
            (path / name).chmod(0)

        problems = [
            read(path / name, "", KIT).problem for name in ("solution.py", "ada", "ada.zip")
        ]

        (path / "ada/candidate").chmod(0o755)
    assert problems == [
        "solution.py cannot be read: Permission denied",
        "candidate cannot be read: Permission denied",
        "it is no zip that can be read: Permission denied",
    ]


def test_a_pile_is_a_folder_of_many(tmp_path: Path) -> None:
    """Folders, zips and files are submissions, each by its name; other files are left out."""
    write_files(
        {
            "ada/candidate/solution.py": b"",
            "ada.zip": b"",
            "grace.py": b"",
            "linus.tar.gz": b"",
            "notes.txt": b"",
            ".hidden/solution.py": b"",
        },
        tmp_path,
    )

    pile = pile_of(tmp_path)

    assert {name: path.name for name, path in pile.submissions.items()} == {
        "ada": "ada",
        "ada.zip": "ada.zip",
        "grace": "grace.py",
        "linus.tar": "linus.tar.gz",
    }
    assert (pile.is_one, pile.left_out) == (False, ("notes.txt",))


@pytest.mark.parametrize("path", ["", "candidate", "candidate/solution.py"])
def test_a_returned_kit_is_one_submission(path: str, tmp_path: Path) -> None:
    """A kit is named for its folder, and so is the solution in it."""
    write_files(RETURNED, tmp_path / "ada")

    pile = pile_of(tmp_path / "ada" / path)

    assert pile.is_one
    assert list(pile.submissions) == ["candidate" if path == "candidate" else "ada"]


def test_where_nothing_is_there_is_nothing_to_grade(tmp_path: Path) -> None:
    """A path that is not there, or a folder without submissions, is told."""
    (tmp_path / "notes.txt").touch()

    for path, words in (
        (tmp_path / "nowhere", "there is no "),
        (tmp_path, "there is no submission in "),
    ):
        with pytest.raises(NothingThere, match=words):
            pile_of(path)
