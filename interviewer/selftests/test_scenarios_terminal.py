"""The live dashboard in a real terminal: drawn in place, whole at the end, clean after Ctrl-C."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from interviewer.selftests.demos import SOLUTION
from interviewer.selftests.runs import ROOT
from interviewer.terminal import Terminal

pytestmark = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not there")

COMMAND = f"PYTHONPATH='{ROOT}' '{sys.executable}' -m scenarios"
SENDS = "    await send_email_step(job)\n"
WAITS_FOR_A_SIGN = """
    import os
    while job.id > 200 and not os.path.exists("go"):
        await execute_sql("SELECT 1")
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A terminal of 80 × 24, in a folder with a solution that waits until there is a file `go`."""
    folder = tmp_path / "folder"
    folder.mkdir()
    held = SOLUTION.replace(SENDS, f"{WAITS_FOR_A_SIGN}{SENDS}")
    (folder / "solution.py").write_text(held, encoding="utf-8")
    terminal = Terminal(folder)
    yield terminal
    terminal.close()


def test_it_is_drawn_while_it_runs_and_whole_at_the_end(terminal: Terminal) -> None:
    """In 24 lines of 80 columns; then the last drawing is gone, and the whole report is there."""
    terminal.run("echo before")
    terminal.run(f"{COMMAND} 1 --solution solution.py; echo status $?")

    drawn = terminal.until("worker time", "pool", "write lock", "reaped", unwanted="status 0")
    (terminal.kit / "go").touch()
    terminal.until("status 0")

    assert "slow throughput" in drawn
    assert re.search(r"\d:\d\d simulated", drawn)
    whole = terminal.text(scrollback=True)
    assert whole.count("worker time") == 1
    assert whole.count("life of job") == 1
    assert "before" in whole
    assert terminal.asks("cursor_flag") == "1"


def test_ctrl_c_leaves_the_terminal_as_it_was(terminal: Terminal) -> None:
    """What was measured so far is printed, the cursor is there, and what is typed is seen."""
    terminal.run(f"{COMMAND} 1 --solution solution.py; echo status $?")
    terminal.until("worker time", "200 in all")

    terminal.type("C-c")
    terminal.until("status 130")

    assert "stopped by Ctrl-C" in terminal.text(scrollback=True)
    assert terminal.asks("cursor_flag") == "1"
    terminal.run("echo seen")
    assert "seen" in terminal.until_true(lambda text: text.count("seen") == 2)


def test_a_solution_that_breaks_the_run_leaves_the_terminal_as_it_was(terminal: Terminal) -> None:
    """The line that says so is there, below it what was measured, and the cursor."""
    text = (terminal.kit / "solution.py").read_text(encoding="utf-8")
    broken = text.replace(WAITS_FOR_A_SIGN, "    if job.id > 150: raise SystemExit\n")
    (terminal.kit / "solution.py").write_text(broken, encoding="utf-8")

    terminal.run(f"{COMMAND} 1 --solution solution.py; echo status $?")
    terminal.until("status 1")

    whole = terminal.text(scrollback=True)
    line = "solution.py: the solution ended its process (SystemExit)"
    assert line in whole.replace("\n", "")  # where the terminal ends, lines go on below
    assert whole.count("worker time") == 1
    assert terminal.asks("cursor_flag") == "1"
