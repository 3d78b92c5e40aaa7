"""The cell: whatever a command starts ends with it, and what it may not touch stays as it was."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interviewer.grading import cell
from interviewer.grading.cell import Ended, has_walls, run
from interviewer.selftests.test_grading_hostile import processes_with

SLEEPS = "import time; time.sleep(1000)"
STARTS_SOME = f"""
import os, subprocess, sys
for number in range(20):
    subprocess.Popen([sys.executable, '-c', {SLEEPS!r}], start_new_session=NEW_SESSION)
print('started', flush=True)
"""
SAYS_SO = "open('there', 'w').close()\n"
"""Makes the file by which a test knows that the command is that far."""

needs_walls = pytest.mark.skipif(not has_walls(), reason="no namespaces for everybody here")


@pytest.fixture
def no_walls() -> Iterator[None]:
    """A system that cannot part a command from everything else."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cell, "has_walls", lambda: False)
        yield


def run_python(
    text: str,
    folder: Path,
    *,
    seconds_max: float = 1000,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Ended:
    """Run some Python, which may write to the folder."""
    return run(
        [sys.executable, "-c", text],
        folder=folder,
        writable=folder,
        seconds_max=seconds_max,
        is_stopped=is_stopped,
    )


@needs_walls
def test_what_leaves_the_session_ends_as_well(tmp_path: Path) -> None:
    """Processes with sessions of their own, which nobody waits for, end with the command."""
    ended = run_python(STARTS_SOME.replace("NEW_SESSION", "True"), tmp_path)

    assert (ended.status, ended.output, ended.why) == (0, b"started\n", None)
    assert list(processes_with(str(tmp_path))) == []


def test_what_stays_in_the_session_ends_without_walls(no_walls: None, tmp_path: Path) -> None:
    """Processes of the command's own session end with it on any system."""
    text = STARTS_SOME.replace("NEW_SESSION", "False") + SAYS_SO + SLEEPS

    ended = run_python(text, tmp_path, is_stopped=(tmp_path / "there").exists)

    assert ended.why == "it was stopped"
    assert list(processes_with(str(tmp_path))) == []


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    """After the seconds that it has, wherever it is."""
    ended = run_python(SLEEPS, tmp_path, seconds_max=0.1)

    assert (ended.output, ended.why) == (b"", "it took too long")
    assert list(processes_with(str(tmp_path))) == []


@needs_walls
def test_the_disk_is_read_only_but_for_one_folder(tmp_path: Path) -> None:
    """A file beside the folder that it may write to cannot be changed, nor can one be added."""
    canary, folder = tmp_path / "canary.txt", tmp_path / "folder"
    canary.write_text("alive", encoding="utf-8")
    folder.mkdir()
    text = f"""
import os
open('own.txt', 'w').write('x')
canary = {str(canary)!r}
for touch, path in ((os.remove, canary), (os.mkfifo, canary + '2'), (open, canary)):
    try:
        touch(path, 'w') if touch is open else touch(path)
    except OSError as error:
        print(error.strerror)
"""

    ended = run_python(text, folder)

    assert ended.output.decode().splitlines() == ["Read-only file system"] * 3
    assert canary.read_text(encoding="utf-8") == "alive"
    assert [path.name for path in folder.iterdir()] == ["own.txt"]


@needs_walls
def test_there_is_no_network(tmp_path: Path) -> None:
    """Not even this machine's own addresses can be reached."""
    text = "import socket\nsocket.create_connection(('127.0.0.1', 80))"

    ended = run_python(text, tmp_path)

    assert "Network is unreachable" in ended.last_words


def test_a_flood_of_output_is_ended(tmp_path: Path) -> None:
    """A command that writes without end is ended, and what it wrote is not kept."""
    ended = run(["yes"], folder=tmp_path, writable=tmp_path, seconds_max=1000)

    assert (ended.output, ended.why) == (b"", "it printed more than 20,000,000 bytes")


def test_a_command_can_be_stopped(tmp_path: Path) -> None:
    """Who does not want to wait any more stops it, even one that heeds no signal."""
    text = (
        "import signal\n"
        "for each in (signal.SIGINT, signal.SIGTERM): signal.signal(each, signal.SIG_IGN)\n"
        f"{SAYS_SO}{SLEEPS}"
    )

    ended = run_python(text, tmp_path, is_stopped=(tmp_path / "there").exists)

    assert ended.why == "it was stopped"
    assert list(processes_with(str(tmp_path))) == []


def test_it_is_told_nothing_of_who_started_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of the environment it gets what commands need, and a folder of its own as home."""
    monkeypatch.setenv("TOKEN", "secret")

    text = "import os; print('TOKEN' in os.environ, os.environ['HOME'], os.environ['TMPDIR'])"
    ended = run_python(text, tmp_path)

    assert ended.output.decode() == f"False {tmp_path} {tmp_path}\n"
