"""A candidate's copy: all that a candidate needs is in it and works, and nothing that we know."""

import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from interviewer.__main__ import main
from interviewer.kit.files import kit_files, listed
from interviewer.selftests.hostile import ROOT
from interviewer.selftests.processes import heed_ctrl_c

LINE_LENGTH_MIN = 40
MENTIONS = re.compile(rb"interviewer[/.]\w|selftests")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, as an interviewer makes it, and its zip beside it."""
    folder = tmp_path_factory.mktemp("handed-out") / "kit"
    result = CliRunner().invoke(main, ["kit", str(folder), "--zip"])
    assert (result.exit_code, result.stderr) == (0, "")
    return folder


def all_bytes(copy: Path) -> Iterator[tuple[str, bytes]]:
    """Return everything in the copy, its history and its zip, unpacked, with where it is."""
    for path in copy.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            yield str(path.relative_to(copy)), path.read_bytes()
    objects = git(copy, "cat-file", "--batch-all-objects", "--batch-check", "--unordered")
    for line in objects.splitlines():
        name, kind, _ = line.split()
        yield (
            f"history: {kind} {name}",
            git(copy, "cat-file", kind, name).encode("utf-8", "replace"),
        )
    with zipfile.ZipFile(copy.with_suffix(".zip")) as archive:
        for name in archive.namelist():
            if "/.git/" not in name:
                yield f"zip: {name}", archive.read(name)


def git(folder: Path, *arguments: str) -> str:
    """Return what git says in a folder."""
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


def distinctive_lines(folder: Path) -> set[bytes]:
    """Return the longer lines of a folder's files that are not the kit's as well."""
    handed_out = {line.strip() for content in kit_files().values() for line in content.splitlines()}
    found = {
        line.strip()
        for path in folder.rglob("*")
        if path.suffix in (".py", ".md", ".html", ".sql")
        for line in path.read_bytes().splitlines()
    }
    return {line for line in found - handed_out if len(line) >= LINE_LENGTH_MIN}


def test_nothing_that_we_know_is_in_the_copy(copy: Path) -> None:
    """No line of our solutions or answers, nor of this folder at all, in files, history or zip."""
    own = [path for path in listed(ROOT) if path.startswith("interviewer/")]
    lines = distinctive_lines(ROOT / "interviewer")

    everything = list(all_bytes(copy))

    assert len(lines) > 5_000
    assert len(everything) > 3 * 100
    for where, content in everything:
        assert lines.isdisjoint(line.strip() for line in content.splitlines()), where
        assert not MENTIONS.search(content), where
    assert not [path for path in own if (copy / path).exists()]


def test_the_copy_has_the_starter_and_the_guide(copy: Path) -> None:
    """Whatever is written here, `candidate/solution.py` is the starter; the README is the guide."""
    starter = (ROOT / "tests" / "starter.py").read_bytes()

    assert (copy / "candidate" / "solution.py").read_bytes() == starter
    assert (copy / "README.md").read_bytes() == (ROOT / "candidate" / "GUIDE.md").read_bytes()


def test_the_copy_is_a_repository_of_one_commit(copy: Path) -> None:
    """Nobody's name is in it, nothing waits to be committed, and no hook is there."""
    log = git(copy, "log", "--all", "--format=%an|%ae|%cn|%s")

    assert log == "Interview kit|kit@interview.invalid|Interview kit|The interview kit\n"
    assert git(copy, "status", "--porcelain") == ""
    assert git(copy, "branch", "--show-current") == "main\n"
    assert not (copy / ".git" / "hooks").exists()


def test_the_zip_is_the_folder(copy: Path) -> None:
    """It has the same files, below a folder of the same name, and the repository too."""
    with zipfile.ZipFile(copy.with_suffix(".zip")) as archive:
        packed = {name for name in archive.namelist() if not name.endswith("/")}

    files = {path.relative_to(copy.parent).as_posix() for path in copy.rglob("*") if path.is_file()}
    assert packed == files
    assert "kit/.git/HEAD" in packed


def test_no_caches_and_no_data_are_in_the_copy(copy: Path) -> None:
    """Only what git has of the kit: no bytecode, database, notes, reports or candidate's work."""
    names = {path.name for path in copy.rglob("*")}

    made = re.compile(r"__pycache__|.*\.pyc|interview\.db.*|\.venv|\.interview|reports|.*\.bak")
    assert not [name for name in names if made.fullmatch(name)]


def test_without_git_the_files_are_those_of_the_folder(copy: Path, tmp_path: Path) -> None:
    """What is made by working is left out, by its name; the files are the same."""
    for path in listed(ROOT):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    for made in ("interview.db-wal", "reports/r.html", ".venv/x.py", "infra/__pycache__/x.pyc"):
        (tmp_path / made).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / made).touch()

    assert kit_files(tmp_path) == kit_files()


def test_nothing_is_written_over(copy: Path, tmp_path: Path) -> None:
    """A folder with something in it, a file or a zip that is there already: a line, status 2."""
    (tmp_path / "file").touch()
    (tmp_path / "new.zip").touch()
    (tmp_path / "empty").mkdir()

    results = [
        CliRunner().invoke(main, ["kit", str(path), *options])
        for path, *options in ((copy,), (tmp_path / "file",), (tmp_path / "new", "--zip"))
    ]
    empty = CliRunner().invoke(main, ["kit", str(tmp_path / "empty")])

    assert [(each.exit_code, each.stdout) for each in results] == [(2, "")] * 3
    assert [each.stderr.split(maxsplit=1)[1] for each in results] == [
        "is not empty: name a folder that is not there yet\n",
        "is a file: name a folder that is not there yet\n",
        "is there already: remove it, or name another folder\n",
    ]
    assert empty.exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"file", "new.zip", "empty"}


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """In a line, with what cannot be written."""
    (tmp_path / "file").touch()

    result = CliRunner().invoke(main, ["kit", str(tmp_path / "file" / "kit")])

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith("cannot be written: File exists\n")


# -- the copy at work, in an environment of its own


@pytest.fixture(scope="module")
def at_work(copy: Path) -> Path:
    """A copy that is set up as a candidate does it."""
    folder = copy.parent / "at-work"
    shutil.copytree(copy, folder)
    done = make(folder, "setup")
    if "No matching distribution" in done.stderr:
        pytest.skip("there is no package index here")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "ready"), done.stderr
    return folder


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call make in the copy, or what else is typed there."""
    return subprocess.run(
        ["make", f"PYTHON={sys.executable}", *arguments],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def environment() -> dict[str, str]:
    """Return the environment of one who has none of our Python, nor of the make above us."""
    ours = ("VIRTUAL_ENV", "PYTHON", "MAKE", "MFLAGS", "SESSION", "HINTS", "SOLUTION")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def targets() -> set[str]:
    """Return the targets that a candidate's Makefile lists."""
    return set(re.findall(r"^([a-z]+):.*?## ", kit_files()["Makefile"].decode(), re.MULTILINE))


def test_make_lists_what_a_candidate_can_do(at_work: Path) -> None:
    """Without arguments it lists the targets, and none that is ours."""
    done = make(at_work)

    assert done.returncode == 0
    assert {"setup", "doctor", "dev", "test", "demo"} <= targets()
    assert targets().isdisjoint({"kit", "report", "check", "bench", "format"})
    assert set(re.findall(r"^  make ([a-z]+) ", done.stdout, re.MULTILINE)) == targets()


def test_make_test_judges_the_starter(at_work: Path) -> None:
    """Four tasks are not started, and nothing is wrong."""
    done = make(at_work, "test")

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("not started") == 4


def test_make_dev_watches(at_work: Path) -> None:
    """Into a pipe go lines that show the starter judged; Ctrl-C ends it."""
    process = subprocess.Popen(
        [".venv/bin/python", "-m", "tests", "--watch"],
        cwd=at_work,
        env={**environment(), "SESSION": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=heed_ctrl_c,  # noqa: PLW1509
    )
    assert process.stdout
    with process.stdout as lines:
        seen = list(itertools.takewhile(lambda line: "Write one of the four" not in line, lines))
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
    assert "-m tests --watch" in make(at_work, "--dry-run", "dev").stdout
    assert sum(line.rstrip().endswith("not started") for line in seen) == 4


def test_the_demo_and_plain_pytest_work(at_work: Path) -> None:
    """The demo asks for the four functions; pytest skips what is not started."""
    demo = make(at_work, "demo", "CUSTOMERS=10")
    tested = run_in(at_work, "-m", "pytest", "-q")

    assert "is not written yet" in demo.stderr
    assert tested.returncode == 0
    assert tested.stdout.splitlines()[-1].startswith("25 skipped")


def test_make_doctor_finds_all_well(at_work: Path) -> None:
    """On a machine where all that is here works, it says so."""
    done = make(at_work, "doctor")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("number", "123")
def test_the_scenarios_run_without_their_answers(number: str, at_work: Path) -> None:
    """Each runs to its question, with no file that knows what is wrong."""
    done = run_in(at_work, "-m", "scenarios", number)
    revealed = run_in(at_work, "-m", "scenarios", number, "--reveal")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].strip()
    assert (revealed.returncode, revealed.stdout) == (2, "")
    assert revealed.stderr.startswith("what there is to reveal is in interviewer/")


def run_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the copy's own Python in it."""
    return subprocess.run(
        [".venv/bin/python", *arguments],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
