"""A campaign from end to end: customers, jobs, workers that work and die, and what came of it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import NoReturn

from infra import Campaign, SalesforceError, execute_sql, fetch_salesforce_data
from infra.clock import sleep
from infra.context import as_worker
from infra.errors import SolutionError
from infra.mistakes import line_of, told
from infra.models import Job
from infra.services import Outcome, current_services
from infra.simulation import Overseer
from infra.solution import Solution
from infra.worker import Pace, Worker, run_reaper
from scenarios.crew import at_work, keep_a_worker, raise_if_over

PAGE_SIZE = 2_000
PAGE_TRIES = 10
CUSTOMERS_PAGE = "SELECT Id, Email FROM Contact ORDER BY Id LIMIT {limit} OFFSET {offset}"

OPERATIONS_PER_CUSTOMER_MAX = 100
"""A right solution takes about 20; one that has jobs open at five times that goes in circles."""
OPERATIONS_MIN = 50_000

OPEN_JOBS = "SELECT EXISTS (SELECT 1 FROM jobs WHERE status IN ('pending', 'processing')) AS open"
JOBS_BY_STATE = """
    SELECT CASE
               WHEN status = 'pending' AND scheduled_for > CURRENT_TIMESTAMP THEN 'scheduled'
               WHEN status = 'pending' THEN 'ready'
               WHEN status = 'processing' THEN 'running'
               ELSE status
           END AS state,
           count(*) AS jobs
    FROM jobs
    GROUP BY state
"""
ROUTES = """
    SELECT entry.value AS action, count(*) AS jobs
    FROM job_steps, json_each(job_steps.output_data) AS entry
    WHERE job_steps.step_name = 'take_action'
      AND entry.value IN ('notify_sales', 'follow_up', 'unsubscribe')
    GROUP BY action
"""
NOTHING_READY = """
    SELECT NOT EXISTS (
        SELECT 1 FROM jobs
        WHERE status = 'processing'
           OR (status = 'pending' AND scheduled_for IS NULL)
           OR (status = 'pending' AND scheduled_for <= CURRENT_TIMESTAMP)
    ) AS nothing_ready
"""
MAKE_DUE = "UPDATE jobs SET scheduled_for = CURRENT_TIMESTAMP WHERE status = 'pending'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long things take outside of the workers' functions, in seconds."""

    pace: Pace
    restart_seconds: float
    """From a worker's death to the start of the one that replaces it."""
    reap_seconds: float
    patience_seconds: float
    look_seconds: float
    """From one look at whether all is done to the next."""
    give_up_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run. Every worker loads a copy of the solution of its own."""

    solution: Path
    customers: int
    workers: int
    times: Times
    fast_forward: bool = False
    """Whether to move due times, where the clock can't be moved, when all that is left waits."""


@dataclass(slots=True)
class Progress:
    """What is going on, for whoever watches. `stage` is in words."""

    stage: str = "starting"
    customers: int = 0
    steps_done: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    """What escaped from the four functions, by the error's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What came of a campaign."""

    jobs: dict[str, int]
    """By state."""
    mails: int
    unmailed: int
    """Customers who got no mail."""
    duplicates: int
    """Mails beyond the first to a customer."""
    strays: int
    """Mails to addresses that are no customer's."""
    calls: Counter[Outcome]
    """SendGrid's, by what became of them."""
    retries: int
    """Calls to SendGrid beyond the first for an address."""
    crashes: int
    routes: dict[str, int]
    errors: Counter[str]

    @property
    def is_right(self) -> bool:
        """Whether every job is finished and every customer got exactly one mail."""
        finished = self.jobs.keys() <= {"completed", "failed"}
        return finished and not (self.unmailed or self.duplicates or self.strays)


async def run_campaign(
    plan: Plan, overseer: Overseer, progress: Progress, watch: Callable[[], None]
) -> Outcomes:
    """Run a campaign on the database and the services in use, until no job is open.

    Or until it is plain that it goes nowhere. `watch` is called whenever `progress` has changed.
    """
    with as_worker("campaign"):
        progress.stage = "asking Salesforce for customers"
        emails = await _customer_emails(plan.customers, progress, watch)
        progress.stage = "creating jobs"
        watch()
        await _create_jobs(plan.solution, emails)
        progress.stage = "working"
        watch()
        await _work(plan, overseer, progress, watch)
        progress.stage = "done"
        return await _outcomes(emails, overseer, progress)


async def _customer_emails(
    customers: int, progress: Progress, watch: Callable[[], None]
) -> list[str]:
    emails: list[str] = []
    for offset in range(0, customers, PAGE_SIZE):
        limit = min(PAGE_SIZE, customers - offset)
        emails += await _page(CUSTOMERS_PAGE.format(limit=limit, offset=offset))
        progress.customers = len(emails)
        watch()
    return emails


async def _page(query: str) -> list[str]:
    for tries_left in reversed(range(PAGE_TRIES)):
        try:
            return [record["Email"] for record in await fetch_salesforce_data(query)]
        except SalesforceError as error:
            if not (tries_left and error.transient):
                raise
            await sleep(1.0)
    raise AssertionError("the last try returns or raises")


async def _create_jobs(solution: Path, emails: list[str]) -> None:
    campaign = await Campaign.create(name="Winter news", user_id=1)
    try:
        await Solution.load(solution).create_campaign_jobs(campaign.id, emails)
    except NotImplementedError:
        raise
    except Exception as error:
        line = line_of(error, solution)
        place = f"{solution}:{line}" if line else str(solution)
        raise SolutionError(f"{place}: create_campaign_jobs: {told(error, solution)}") from error


async def _work(
    plan: Plan, overseer: Overseer, progress: Progress, watch: Callable[[], None]
) -> None:
    """Keep all workers at work, and the reaper, until no job is open."""

    def on_processed(_job: Job) -> None:
        progress.steps_done += 1
        watch()

    def on_error(_job: Job | None, error: Exception) -> None:
        if isinstance(error, NotImplementedError):
            raise error
        line = line_of(error, plan.solution)
        place = f" ({plan.solution.name}:{line})" if line else ""
        progress.errors[f"{told(error, plan.solution)}{place}"] += 1
        watch()

    names = (f"worker-{number}" for number in count(1))

    def start() -> tuple[str, Worker]:
        name, solution = next(names), Solution.load(plan.solution)
        pace = plan.times.pace
        return name, Worker(name, solution, pace=pace, on_processed=on_processed, on_error=on_error)

    crew = [
        keep_a_worker(start, dead=overseer.dead, restart_seconds=plan.times.restart_seconds)
        for _ in range(plan.workers)
    ]
    reaper = run_reaper(
        patience_seconds=plan.times.patience_seconds, interval_seconds=plan.times.reap_seconds
    )
    async with at_work([*crew, reaper]) as tasks:
        await _until_none_is_open(plan, overseer, tasks)


async def _until_none_is_open(
    plan: Plan, overseer: Overseer, tasks: Sequence[asyncio.Task[NoReturn]]
) -> None:
    operations_max = overseer.count + max(
        OPERATIONS_MIN, OPERATIONS_PER_CUSTOMER_MAX * plan.customers
    )
    for _ in range(int(plan.times.give_up_seconds / plan.times.look_seconds)):
        await sleep(plan.times.look_seconds)
        raise_if_over(tasks)
        (row,) = await execute_sql(OPEN_JOBS)
        if not row["open"] or overseer.count > operations_max:
            return
        if plan.fast_forward:
            await _fast_forward()


async def _fast_forward() -> None:
    """Let the time pass for which all open jobs are scheduled, when the clock can't be moved."""
    (row,) = await execute_sql(NOTHING_READY)
    if row["nothing_ready"]:
        await execute_sql(MAKE_DUE)


async def _outcomes(emails: list[str], overseer: Overseer, progress: Progress) -> Outcomes:
    ledger = current_services().sendgrid.ledger
    mails = Counter(delivery.to for delivery in ledger.deliveries)
    customers = set(emails)
    return Outcomes(
        jobs={str(row["state"]): int(row["jobs"] or 0) for row in await execute_sql(JOBS_BY_STATE)},
        mails=mails.total(),
        unmailed=sum(not mails[email] for email in customers),
        duplicates=sum(mails[email] - 1 for email in customers if mails[email] > 1),
        strays=sum(number for email, number in mails.items() if email not in customers),
        calls=Counter(call.outcome for call in ledger.calls),
        retries=len(ledger.calls) - len({call.to for call in ledger.calls}),
        crashes=len(overseer.dead),
        routes={str(row["action"]): int(row["jobs"] or 0) for row in await execute_sql(ROUTES)},
        errors=progress.errors,
    )
