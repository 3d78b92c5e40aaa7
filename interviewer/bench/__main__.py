"""`python -m interviewer.bench`: the ORM beside raw aiosqlite, the judge, the screen, the demo.

A benchmark is no test: it exits with 0 whatever the times are.
"""

import asyncio
import shutil
import subprocess
import sys

import click
from rich import box
from rich.console import Console
from rich.table import Table

from interviewer.bench.arena import Sizes, open_arena
from interviewer.bench.demo import MEGABYTES_MAX, SECONDS_MAX, DemoRun, run_demo
from interviewer.bench.grading import (
    ONE_SECONDS_MAX,
    TWENTY,
    TWENTY_SECONDS_MAX,
    right_solutions,
    seconds_of,
    slowest_alone,
)
from interviewer.bench.judge import (
    REFERENCE_SECONDS_MAX,
    RUNS_A_MINUTE_MIN,
    SOLUTION_SECONDS_MAX,
    SOLUTIONS,
    judge_often,
    runs_a_minute,
    slowest,
)
from interviewer.bench.pairs import pairs
from interviewer.bench.timing import Timing, time_pair
from interviewer.bench.watch import (
    SCREEN_SECONDS_MAX,
    VERDICT_SECONDS_MAX,
    Latency,
    edits,
    measure_watch,
    pooled,
)

ROUNDS = 21
QUICK_ROUNDS = 5
QUICK_SOLUTIONS = 5
SOLUTIONS_JUDGED = 36
RUNS = 500
DEMO_CUSTOMERS = 50_000

LEGEND = """\
Medians of {rounds} rounds, the ORM and raw aiosqlite in turn; ±: half of the rounds are this near.
ratio = raw time / ORM time: 1.00 is as fast, higher is better."""


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=ROUNDS, show_default=True)
@click.option("--quick", is_flag=True, help=f"{QUICK_ROUNDS} rounds: a glance, ± 10 %.")
@click.option(
    "--no-judge", is_flag=True, help="Leave out judging and grading, which take some minutes."
)
@click.option("--no-watch", is_flag=True, help="Leave out the watch screen, which takes a minute.")
@click.option("--no-demo", is_flag=True, help="Leave out the demo, which takes up to a minute.")
def main(*, rounds: int, quick: bool, no_judge: bool, no_watch: bool, no_demo: bool) -> None:
    """Measure the ORM beside raw aiosqlite, the judge, the watch screen, and the demo."""
    console = Console(highlight=False)
    rounds = min(rounds, QUICK_ROUNDS) if quick else rounds
    show_timings(console, asyncio.run(measure(Sizes(), rounds)), rounds)
    if not no_judge:
        many = QUICK_SOLUTIONS if quick else SOLUTIONS_JUDGED
        show_judge(console, many)
        show_grading(console, many)
    if not no_watch:
        show_watch(console, rounds)
    if no_demo:
        return
    try:
        run = run_demo(DEMO_CUSTOMERS)
    except subprocess.CalledProcessError as error:
        click.echo(f"the demo failed:\n{error.stdout}{error.stderr}", err=True)
        sys.exit(1)
    show_demo(console, run, DEMO_CUSTOMERS)


async def measure(sizes: Sizes, rounds: int) -> list[Timing]:
    """Time every pair in one event loop, on one database file."""
    async with open_arena(sizes) as arena:
        return [await time_pair(arena, pair, rounds) for pair in pairs(sizes)]


def show_timings(console: Console, timings: list[Timing], rounds: int) -> None:
    """Print a line for each pair."""
    table = _table("operation", "ORM", "raw", "ratio", "±", "bar", "met")
    for timing in timings:
        table.add_row(
            timing.pair.name,
            _duration(timing.our_seconds),
            _duration(timing.raw_seconds),
            f"{timing.ratio:.2f}",
            f"{timing.spread:.0%}",
            f"≥ {timing.pair.bar:.2f}",
            _met(meets=timing.meets_bar),
        )
    console.print(LEGEND.format(rounds=rounds), soft_wrap=True)
    console.print(table)


def show_judge(console: Console, many: int) -> None:
    """Judge the reference, and about so many right and wrong solutions."""
    table = _table("judge", "time", "bar", "met")
    seconds = judge_often(SOLUTIONS / "reference.py", times=5)
    _add_seconds(table, "the reference, median of 5", seconds, REFERENCE_SECONDS_MAX)
    for folder in ("right", "wrong"):
        found = slowest(folder, many)
        name = f"the slowest {folder} one of {many}: {found.solution}"
        _add_seconds(table, name, found.seconds, SOLUTION_SECONDS_MAX)
    pace = runs_a_minute(RUNS)
    table.add_row(
        "runs of two workers, one job",
        f"{pace:,.0f} a min",
        f"≥ {RUNS_A_MINUTE_MIN:,}",
        _met(meets=pace >= RUNS_A_MINUTE_MIN),
    )
    console.print(table)


def show_grading(console: Console, many: int) -> None:
    """Grade so many right solutions alone; then twenty at once."""
    table = _table("grading", "time", "bar", "met")
    name, seconds = slowest_alone(many)
    _add_seconds(table, f"the slowest right one: {name}", seconds, ONE_SECONDS_MAX)
    twenty = right_solutions()[:TWENTY]
    name = f"{len(twenty)} submissions at once"
    _add_seconds(table, name, seconds_of(twenty), TWENTY_SECONDS_MAX)
    console.print(table)


def show_watch(console: Console, rounds: int) -> None:
    """Save files under the watch screen, in a terminal, and print a line for each as it is done."""
    if not shutil.which("tmux"):
        console.print("The watch screen is measured in tmux, which is not here.")
        return
    show_latencies(console, list(measure_watch(rounds, edits())), rounds)


def show_latencies(console: Console, latencies: list[Latency], rounds: int) -> None:
    """Print how soon a save is judged: the edited task, and the whole screen."""
    name = f"from a save, median of {rounds}"
    table = _table(name, "its task", "bar", "whole screen", "bar", "met")
    for latency in [*latencies, pooled(latencies)]:
        verdict, screen = latency.verdict_seconds, latency.screen_seconds
        is_soon = verdict is None or verdict <= VERDICT_SECONDS_MAX
        table.add_row(
            latency.name,
            "not started" if verdict is None else f"{verdict:.2f} s",
            f"≤ {VERDICT_SECONDS_MAX:.1f} s",
            f"{screen:.2f} s",
            f"≤ {SCREEN_SECONDS_MAX:.1f} s",
            _met(meets=is_soon and screen <= SCREEN_SECONDS_MAX),
        )
    console.print(table)


def _add_seconds(table: Table, name: str, seconds: float, bar_seconds: float) -> None:
    meets = _met(meets=seconds <= bar_seconds)
    table.add_row(name, f"{seconds:.1f} s", f"≤ {bar_seconds:.1f} s", meets)


def show_demo(console: Console, run: DemoRun, customers: int) -> None:
    """Print the demo's line."""
    table = _table("process", "time", "bar", "peak memory", "bar", "met")
    table.add_row(
        f"demo, {customers:,} customers",
        f"{run.seconds:.1f} s",
        f"≤ {SECONDS_MAX:.0f} s",
        f"{run.megabytes:.0f} MB",
        f"≤ {MEGABYTES_MAX:.0f} MB",
        _met(meets=run.meets_bars),
    )
    console.print(table)


def _table(name: str, *numbers: str) -> Table:
    table = Table(name, box=box.SIMPLE_HEAD, pad_edge=False)
    for number in numbers:
        table.add_column(number, justify="right", no_wrap=True)
    return table


def _met(*, meets: bool) -> str:
    return "[green]yes[/green]" if meets else "[red]no[/red]"


def _duration(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"


if __name__ == "__main__":
    main()
