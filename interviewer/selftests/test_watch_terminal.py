"""The watch screen in a real terminal: saves on disk, keys, and the terminal as it was found."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from interviewer.selftests.processes import TIMEOUT_SECONDS, heed_ctrl_c
from interviewer.terminal import SOLUTIONS, Terminal, copy_kit, save
from tests.watch.reset import STARTER, with_starter

REFERENCE = (SOLUTIONS / "reference.py").read_text(encoding="utf-8")
STARTER_TEXT = STARTER.read_text(encoding="utf-8")
HALF_DONE = with_starter(with_starter(REFERENCE, "C"), "D")
RACY = (SOLUTIONS / "wrong" / "a4_select_then_save.py").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not there")


@pytest.fixture(scope="module")
def whole_kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A candidate's copy of the kit, with a stand-in for `.venv`, and the solutions beside it."""
    return copy_kit(tmp_path_factory.mktemp("watch") / "kit")


@pytest.fixture
def kit(whole_kit: Path, tmp_path: Path) -> Path:
    """A copy to be changed at will, with the starter."""
    copy = shutil.copytree(whole_kit, tmp_path / "kit")
    (copy / "candidate" / "solution.py").write_text(STARTER_TEXT, encoding="utf-8")
    return copy


@pytest.fixture
def terminal(kit: Path) -> Iterator[Terminal]:
    """A terminal of 80 × 24 in that copy."""
    made = Terminal(kit)
    made.until("$")
    yield made
    made.close()


def test_an_interview(terminal: Terminal, kit: Path) -> None:
    """From the starter by half and by a race to all green; then the terminal is as it was."""
    terminal.run("echo before; stty -a > before.txt; make dev")

    starter = terminal.until("Nothing is started yet", "judged in")
    save(kit, HALF_DONE)
    half_done = terminal.until("11 of 25 pass", "judged in")
    save(kit, RACY)
    racy = terminal.until("24 of 25 pass", "judged in")
    save(kit, REFERENCE)
    green = terminal.until("All 25 checks pass", "judged in")
    terminal.type("C-c")
    terminal.until("make dev starts again")
    after = terminal.until_true(lambda text: text.rstrip().endswith("$"))
    terminal.run("stty -a > after.txt; echo written")
    terminal.until("\nwritten\n")

    assert "0 of 25 pass" in starter
    assert "newly green: A B" in half_done
    assert "Not started yet: send_email_step, process_job." in half_done
    assert "A claim_next_job       ● ● ● ✗ ● ● ●     6 of 7 pass   ✗ A4" in racy
    assert "newly red: A4   newly green: C D" in racy
    assert "Got       both worker-1 and worker-2 hold job 1" in racy
    assert "Where     candidate/solution.py:" in racy
    assert "newly green: A4" in green
    assert after.startswith("$ echo before")
    assert "\nbefore\n" in after
    assert [terminal.asks(what) for what in ("alternate_on", "cursor_flag")] == ["0", "1"]
    assert (kit / "after.txt").read_text() == (kit / "before.txt").read_text()
    lines = (kit / ".interview" / "session.jsonl").read_text().splitlines()
    assert [list(json.loads(line)["checks"].values()).count("passed") for line in lines] == [
        0,
        11,
        24,
        25,
    ]


def test_keys_and_a_restart(terminal: Terminal, kit: Path) -> None:
    """Each key does what its row says, and what changed is told across a restart."""
    save(kit, HALF_DONE.replace("started_at = ?", "started_at = started_at + 0 * ?"))
    terminal.run("make dev SESSION= HINTS=")
    terminal.until("✗ A1", "judged in")

    terminal.type("f")
    terminal.until("↑↓ scroll")
    terminal.type("f", "a")
    terminal.until("● B3  all or none")
    terminal.type("a", "h")
    hint = terminal.until("hint 1 of 3")
    terminal.type("t", "b")
    terminal.until("create_campaign_jobs in candidate/solution.py becomes")
    terminal.type("y")
    reset = terminal.until("task B is the starter's again", "no longer green: B", "judged in")
    terminal.type("q")
    terminal.until("make dev starts again")
    save(kit, HALF_DONE)
    terminal.run("clear; make dev")
    again = terminal.until("judged in", "11 of 25 pass")

    assert "A claimed job says so in two places" in hint
    assert "candidate/solution.B.1.py.bak" in reset
    assert re.search(r"newly green: A\d.* B", again)
    terminal.type("q")


def test_an_endless_loop_is_ended_by_the_next_save(terminal: Terminal, kit: Path) -> None:
    """A save during a run starts over; nothing of the run before is left."""
    endless = HALF_DONE + "\n\nasync def claim_next_job():\n    while True:\n        pass\n"
    terminal.run("make dev")
    terminal.until("Nothing is started yet")

    save(kit, endless)
    terminal.until_true(lambda text: bool(re.search(r"judging A first · \d+ of 25 · \d+ s", text)))
    save(kit, HALF_DONE)
    text = terminal.until("11 of 25 pass", "judged in")

    assert "✗ A1" not in text
    terminal.type("q")
    terminal.until("make dev starts again")


def test_a_file_that_does_not_load_is_told(terminal: Terminal, kit: Path) -> None:
    """The message has the line; the next save goes on."""
    terminal.run("make dev")
    terminal.until("Nothing is started yet")

    save(kit, STARTER_TEXT + "\nasync def broken(:\n")
    terminal.until("could not be loaded", "candidate/solution.py:", "syntax error")
    save(kit, STARTER_TEXT)

    terminal.until("Nothing is started yet")
    terminal.type("q")


def test_the_scrollback_stays(terminal: Terminal) -> None:
    """What was in the terminal before is there afterwards, scrolled away or not."""
    terminal.run("i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo line $i end; done")
    terminal.until("line 60 end")
    before = terminal.text(scrollback=True)

    terminal.run("make dev")
    terminal.until("judged in")
    terminal.type("q")
    terminal.until("make dev starts again")

    after = terminal.text(scrollback=True)
    assert before.rstrip() in after
    assert "Nothing is started" not in after


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_clean(
    terminal: Terminal, kit: Path, number: signal.Signals
) -> None:
    """However it ends, the screen is the shell's again, keys are echoed, and nobody is left."""
    terminal.run(".venv/bin/python -m tests --watch & echo $! > pid; fg")
    terminal.until("judged in")

    os.kill(int((kit / "pid").read_text()), number)

    terminal.until("make dev starts again")
    terminal.run("stty -a | tr ' ;' '\\n\\n' | grep -x -e echo -e icanon")
    terminal.until("\necho\n")
    assert [terminal.asks(what) for what in ("alternate_on", "cursor_flag")] == ["0", "1"]
    assert in_folder(kit) == []


def test_an_error_leaves_the_terminal_clean(terminal: Terminal, kit: Path) -> None:
    """A mistake of the screen itself is told on the terminal as it was."""
    board = kit / "tests" / "watch" / "board.py"
    text = board.read_text(encoding="utf-8")
    board.write_text(
        text.replace("if state.running:", "if state.clock: 1 / 0\n    if state.running:")
    )

    terminal.run("make dev")

    terminal.until("ZeroDivisionError", "Error 1")
    assert [terminal.asks(what) for what in ("alternate_on", "cursor_flag")] == ["0", "1"]
    terminal.run("echo again")
    terminal.until_true(lambda text: text.count("again") == 2)
    assert in_folder(kit) == []


def test_ctrl_z_gives_the_terminal_back(terminal: Terminal) -> None:
    """Stopped, it leaves the terminal as it was; continued, the screen is drawn again."""
    terminal.run("set -m; .venv/bin/python -m tests --watch")
    terminal.until("judged in")

    terminal.type("C-z")
    terminal.until_true(lambda text: "judged in" not in text and "top" in text)
    assert [terminal.asks(what) for what in ("alternate_on", "cursor_flag")] == ["0", "1"]
    terminal.run("fg")

    terminal.until("Nothing is started yet", "q quit")
    terminal.type("q")
    terminal.until("make dev starts again")


def test_the_screen_follows_the_terminal(terminal: Terminal) -> None:
    """When the terminal grows or shrinks, the screen is drawn anew to fit."""
    terminal.run("make dev")
    terminal.until("Nothing is started yet")

    for width, height in ((120, 40), (80, 24)):
        terminal._tmux("resize-window", "-x", str(width), "-y", str(height))
        text = terminal.until(
            "q quit", "─" * width, "Nothing is started", unwanted="─" * (width + 1)
        )
        assert len(text.splitlines()) == height
    terminal.type("q")


def test_polling_finds_saves_too(terminal: Terminal, kit: Path) -> None:
    """Where no events come it looks by itself, and says so."""
    terminal.run("WATCHFILES_FORCE_POLLING=1 make dev")
    terminal.until("Nothing is started yet", "polling: WATCHFILES_FORCE_POLLING")

    save(kit, HALF_DONE)

    terminal.until("11 of 25 pass", "judged in")
    terminal.type("q")


def test_without_colours_there_are_plain_lines(terminal: Terminal, kit: Path) -> None:
    """With NO_COLOR lines are added, and nothing is drawn over; the keys work."""
    terminal.run("NO_COLOR=1 make dev")
    terminal.until("Watching candidate/solution.py", "0 of 25 pass")

    save(kit, HALF_DONE)
    text = terminal.until("11 of 25 pass")

    assert "0 of 25 pass" in terminal.text(scrollback=True).replace(text, "") + text
    assert terminal.asks("alternate_on") == "0"
    terminal.type("q")
    terminal.until_true(lambda text: text.rstrip().endswith("$"))


def test_piped_there_are_plain_lines(kit: Path) -> None:
    """Into a pipe go lines without any code of a terminal, and Ctrl-C ends it well."""
    environment = {k: v for k, v in os.environ.items() if k not in ("SESSION", "HINTS")}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests", "--watch"],
        cwd=kit,
        env=environment | {"SESSION": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        preexec_fn=heed_ctrl_c,  # noqa: PLW1509
    )
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Write one of the four functions" in line:
            break
    process.send_signal(signal.SIGINT)
    lines.append(process.stdout.read())

    assert process.wait(TIMEOUT_SECONDS) == 0
    process.stdout.close()
    text = "".join(lines)
    assert text.startswith("Watching candidate/solution.py. Ctrl-C ends it.\n")
    assert "A claim_next_job       ○ ○ ○ ○ ○ ○ ○     not started\n" in text
    assert "\x1b" not in text
    assert not (kit / ".interview").exists()
    assert in_folder(kit) == []


def in_folder(kit: Path) -> list[str]:
    """Return the Python processes that are still at work in that copy, once they had a moment."""
    end = time.monotonic() + TIMEOUT_SECONDS
    while (found := _in_folder(kit)) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def _in_folder(kit: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode().split("\0")
            if (process / "cwd").readlink() == kit and "-m" in command:
                found.append(" ".join(command))
        except OSError:
            continue
    return found
