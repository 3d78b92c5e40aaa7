"""The benchmark runs, both sides of each pair do the same, and its tables can be read."""

import asyncio
import io
import shutil

import pytest
from rich.console import Console

from interviewer.bench.__main__ import measure, show_demo, show_latencies, show_timings
from interviewer.bench.arena import Sizes
from interviewer.bench.demo import run_demo
from interviewer.bench.watch import edits, measure_watch

TINY = Sizes(operations=3, loaded=5, claimed=6, workers=2, inserted=7)


def test_every_pair_has_its_line() -> None:
    """Both sides run, leave the same rows behind, and are shown on one line, even when piped."""
    piped = Console(file=io.StringIO(), width=80)

    show_timings(piped, asyncio.run(measure(TINY, rounds=1)), rounds=1)

    assert _names(piped, "≥") == [
        "get by id",
        "first pending, by age",
        "create",
        "change and save",
        "load all 5",
        "claim 6, 2 workers",
        "Task B, 7 jobs",
    ]


def test_the_demo_has_its_line() -> None:
    """The whole process is run once, and its time and memory are shown on one line."""
    piped = Console(file=io.StringIO(), width=80)

    show_demo(piped, run_demo(customers=10), customers=10)

    assert _names(piped, "≤") == ["demo, 10 customers"]


@pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not there")
def test_the_watch_screen_has_its_lines() -> None:
    """A file is saved under a real screen; its task is known before the screen is whole."""
    piped = Console(file=io.StringIO(), width=100)
    starter, half, *_ = edits()

    latencies = list(measure_watch(1, [starter, half]))
    show_latencies(piped, latencies, rounds=1)

    of_starter, of_half = latencies
    assert of_starter.verdict_seconds is None
    assert of_half.verdict_seconds is not None
    assert 0 < of_half.verdict_seconds <= of_half.screen_seconds
    names = ["the starter, A edited", "A and B are right, A edited", "any of these saves"]
    assert _names(piped, "≤") == names


def _names(console: Console, sign: str) -> list[str]:
    """Return what each line with a bar begins with."""
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    return [line.strip().split("  ")[0] for line in lines if sign in line]
