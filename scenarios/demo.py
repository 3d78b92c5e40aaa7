"""`python -m scenarios.demo`: a campaign of 50,000 customers, from Salesforce to the last route."""

from scenarios import interrupts

if __name__ == "__main__":
    interrupts.end_silently()  # what is imported below takes a moment

import asyncio
import gc
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NoReturn

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from infra.clock import now
from infra.database import Database, file, use_database
from infra.database.aiosqlite_driver import AiosqliteDriver
from infra.database.simulated_driver import SimulatedDriver
from infra.errors import ExternalApiError, SolutionError
from infra.operations import installed
from infra.services import (
    Outcome,
    Replies,
    RepliesConfig,
    Salesforce,
    SalesforceConfig,
    SendGrid,
    SendGridConfig,
    SentimentApi,
    SentimentConfig,
    Services,
    use_services,
)
from infra.simulation import Deadlock, Overseer, RandomCrashes, Simulation
from infra.solution import Solution
from infra.worker import Pace
from scenarios.campaign import Outcomes, Plan, Progress, Times, run_campaign
from scenarios.interrupts import Interrupts

ROOT = Path(__file__).resolve().parents[1]
CANDIDATE = ROOT / "candidate" / "solution.py"
REFERENCE = ROOT / "interviewer" / "solutions" / "reference.py"

STEPS_PER_CUSTOMER = 3
MOMENTS_PER_CUSTOMER = 40
"""Two for each of about 20 operations: how often a worker can die."""
REDRAW_SECONDS = 0.1


SIMULATED_TIMES = Times(
    pace=Pace(heartbeat_seconds=10, idle_seconds_min=1, idle_seconds_max=3600),
    restart_seconds=5,
    reap_seconds=30,
    patience_seconds=60,
    look_seconds=60,
    give_up_seconds=7 * 24 * 3600,
)
REAL_TIMES = Times(
    pace=Pace(heartbeat_seconds=0.5, idle_seconds_min=0.05, idle_seconds_max=0.2),
    restart_seconds=0.1,
    reap_seconds=0.5,
    patience_seconds=2,
    look_seconds=0.2,
    give_up_seconds=3600,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A campaign that has been run, and how long that took in seconds."""

    outcomes: Outcomes
    campaign_seconds: float
    real_seconds: float


@click.command()
@click.option("--real", is_flag=True, help="Run in real time on aiosqlite, latencies at zero.")
@click.option(
    "--solution",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file with the four functions; the reference's, or else yours.",
)
@click.option("--customers", type=click.IntRange(1, 1_000_000), default=50_000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 1_000), default=20, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Another one, other chances.")
def main(*, real: bool, solution: Path | None, customers: int, workers: int, seed: int) -> None:
    """Run a campaign from end to end, and say what came of it.

    Exits with 1 when any customer did not get exactly one mail or a job is not finished.
    """
    solution = solution or (REFERENCE if REFERENCE.exists() else CANDIDATE)
    plan = Plan(
        solution=solution,
        customers=customers,
        workers=workers,
        times=REAL_TIMES if real else SIMULATED_TIMES,
        fast_forward=real,
    )
    # Nothing here makes cycles worth looking for every 700 objects; a tenth of the time goes there.
    gc.set_threshold(50_000)
    console = Console(highlight=False)
    words = f"{customers:,} customers, {workers} workers, {_shown(solution)}"
    try:
        with Interrupts() as ctrl_c:
            # The path is one's own: neither markup nor too long for a line.
            console.print(words, markup=False, soft_wrap=True)
            Solution.load(solution)
            with _bar(console, plan, ctrl_c) as (progress, watch):
                if real:
                    run = _run_real(plan, seed, progress, watch, ctrl_c)
                else:
                    run = _run_simulated(plan, seed, progress, watch)
    except NotImplementedError:
        _give_up(f"{_shown(solution)} is not written yet: the demo needs all four functions")
    except (SolutionError, sqlite3.Error, ExternalApiError, OSError) as error:
        _give_up(str(error))
    except Deadlock as error:
        _give_up(f"{_shown(solution)} waits for ever: {error}")
    except KeyboardInterrupt:
        _give_up("stopped")
    _print(console, plan, run, real=real)
    sys.exit(0 if run.outcomes.is_right else 1)


def _run_simulated(plan: Plan, seed: int, progress: Progress, watch: Callable[[], None]) -> Run:
    overseer = _overseer(plan, seed)
    started = perf_counter()
    services = Services.production(seed=seed, customers=plan.customers)
    database = Database(SimulatedDriver(seed=seed))
    with Simulation(overseer) as simulation, use_database(database), use_services(services):
        outcomes = simulation.run(run_campaign(plan, overseer, progress, watch))
        seconds = simulation.seconds
    return Run(outcomes=outcomes, campaign_seconds=seconds, real_seconds=perf_counter() - started)


def _run_real(
    plan: Plan, seed: int, progress: Progress, watch: Callable[[], None], ctrl_c: Interrupts
) -> Run:
    overseer = _overseer(plan, seed)
    started = perf_counter()
    with TemporaryDirectory(prefix="interview-") as folder, ExitStack() as block:
        path = Path(folder) / "campaign.db"
        file.create(path)
        block.enter_context(use_database(Database(AiosqliteDriver(path))))
        block.enter_context(use_services(_services_without_latency(plan, seed)))
        block.enter_context(installed(overseer))
        block.enter_context(ctrl_c.left_to_asyncio())
        outcomes = asyncio.run(run_campaign(plan, overseer, progress, watch))
    seconds = perf_counter() - started
    return Run(outcomes=outcomes, campaign_seconds=seconds, real_seconds=seconds)


def _services_without_latency(plan: Plan, seed: int) -> Services:
    return Services(
        sendgrid=SendGrid(SendGridConfig(latency_seconds=0, timeout_seconds=0), seed=seed),
        salesforce=Salesforce(
            SalesforceConfig(latency_seconds=0), seed=seed, customers=plan.customers
        ),
        replies=Replies(RepliesConfig(latency_seconds=0), seed=seed),
        sentiment=SentimentApi(SentimentConfig(latency_seconds=0), seed=seed),
    )


def _overseer(plan: Plan, seed: int) -> Overseer:
    most = max(3, plan.customers // 5_000)
    mean_moments = max(2, plan.customers * MOMENTS_PER_CUSTOMER // (most + 1))
    crashes = RandomCrashes(mean_moments=mean_moments, most=most, seed=seed)
    return Overseer(crashes=crashes)


@contextmanager
def _bar(
    console: Console, plan: Plan, ctrl_c: Interrupts
) -> Iterator[tuple[Progress, Callable[[], None]]]:
    """Show how far the campaign is, on a terminal; elsewhere nothing."""
    progress = Progress()
    # perf_counter was imported before any simulation began, so it tells the real time.
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        auto_refresh=False,
        disable=not console.is_terminal,
        get_time=perf_counter,
    )
    task = bar.add_task("", total=plan.customers * STEPS_PER_CUSTOMER)
    drawn = 0.0

    def watch() -> None:
        nonlocal drawn
        ctrl_c.raise_again()
        if perf_counter() - drawn < REDRAW_SECONDS:
            return
        drawn = perf_counter()
        words = f"{now():%a %H:%M} {progress.stage}"
        bar.update(task, completed=progress.steps_done, description=words, refresh=True)

    with bar:
        yield progress, watch


def _print(console: Console, plan: Plan, run: Run, *, real: bool) -> None:
    outcomes = run.outcomes
    table = Table.grid(padding=(0, 2))
    for name, words in _lines(plan, run, real=real):
        table.add_row(name, words)
    console.print(table)
    if outcomes.errors:
        console.print("\nescaped from the four functions, and noted by the workers:")
        for words, number in outcomes.errors.most_common(5):
            console.print(f"  {number:,} × {words}", markup=False)
    console.print()
    if outcomes.is_right:
        console.print("[green]Every customer got exactly one mail.[/green]")
    else:
        console.print(f"[red]{_what_went_wrong(outcomes)}[/red]")


def _lines(plan: Plan, run: Run, *, real: bool) -> Iterator[tuple[str, str]]:
    outcomes, calls = run.outcomes, run.outcomes.calls
    limited = calls[Outcome.RATE_LIMITED]
    timed_out = calls[Outcome.TIMED_OUT_BEFORE_DELIVERY] + calls[Outcome.TIMED_OUT_AFTER_DELIVERY]
    yield "jobs", _counted(outcomes.jobs)
    yield "mails delivered", f"{outcomes.mails:,}"
    yield "duplicates", f"{outcomes.duplicates:,}"
    yield "calls refused", f"{limited:,} rate-limited, {timed_out:,} timed out"
    yield "retries", f"{outcomes.retries:,}"
    yield "absorbed by a key", f"{calls[Outcome.ABSORBED]:,}"
    yield "crashes survived", f"{outcomes.crashes:,}"
    yield "routes taken", _counted(outcomes.routes) or "none recorded in job_steps"
    if not real:
        yield "simulated time", _duration(run.campaign_seconds)
    yield "real time", f"{run.real_seconds:.1f} s"
    yield "throughput", f"{plan.customers / run.real_seconds:,.0f} customers a second of real time"


def _what_went_wrong(outcomes: Outcomes) -> str:
    open_jobs = {
        state: number
        for state, number in outcomes.jobs.items()
        if state not in ("completed", "failed")
    }
    wrongs = [
        (outcomes.unmailed, "customers got no mail"),
        (outcomes.duplicates, "mails went to customers who had one already"),
        (outcomes.strays, "mails went to addresses of no customer"),
        (sum(open_jobs.values()), f"jobs were not finished ({_counted(open_jobs)})"),
    ]
    return "; ".join(f"{number:,} {words}" for number, words in wrongs if number) + "."


def _counted(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in sorted(numbers.items()))


def _duration(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min"


def _shown(path: Path) -> str:
    path = path.resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def _give_up(words: str) -> NoReturn:
    click.echo(words, err=True)
    sys.exit(2)


if __name__ == "__main__":
    interrupts.leave_leftovers_untold()
    main()
