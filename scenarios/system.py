"""A system at work, in simulated time: its workers, its reaper, what strikes it, and the facts."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, NoReturn

from infra.context import as_worker
from infra.database import Database, use_database
from infra.errors import SolutionError
from infra.metrics import Metrics, recording
from infra.mistakes import line_of, told
from infra.models import Campaign, Job
from infra.operations import Operation
from infra.services import (
    Ledger,
    Replies,
    RepliesConfig,
    Salesforce,
    SalesforceConfig,
    SendGrid,
    SentimentApi,
    SentimentConfig,
    Services,
    customer,
    use_services,
)
from infra.simulation import Deadlock, Moment, Overseer, Simulation
from infra.simulation.recorder import Recorder
from infra.solution import Solution
from infra.worker import Worker, run_reaper
from scenarios.bounds import Bounds, quiet
from scenarios.crew import at_work, keep_a_worker, raise_if_over
from scenarios.functions import Functions
from scenarios.incidents import System
from scenarios.observed import JobChange, ObservedDriver

OTHER_SERVICES_SECONDS = 0.1
LOOK_SECONDS = 1.0

Watch = Callable[["Facts"], None]


@dataclass(slots=True, kw_only=True)
class Facts:
    """All that is known of a run, from which everything that is shown is computed.

    Moments are seconds of the simulated clock; the workers start at `start`, and `end` is the
    last moment that is known. `ended` is why it was over, `broken` whether that was no plan of
    ours, and `printed` how many lines the solution printed.
    """

    system: System
    seed: int
    metrics: Metrics
    changes: list[JobChange]
    ledger: Ledger
    start: float = 0.0
    end: float = 0.0
    ended: str = "stopped"
    broken: bool = False
    escaped: Counter[str] = field(default_factory=Counter)
    printed: int = 0

    def close(self) -> None:
        """Let the facts be those up to now, unless they are closed."""
        if not self.metrics.closed:
            self.metrics.close()
            self.end = time.monotonic()


class Stage:
    """One system, to be run once."""

    def __init__(self, system: System, functions: Functions, *, seed: int):
        self._system = system
        self._functions = functions
        self._driver = ObservedDriver(seed=seed, claim_seconds=system.claim_seconds)
        self._services = _services(system, seed)
        self.facts = Facts(
            system=system,
            seed=seed,
            metrics=Metrics(functions.paths),
            changes=self._driver.changes,
            ledger=self._services.sendgrid.ledger,
        )

    def run(self, watch: Watch) -> None:
        """Run it, and have `watch` look at the facts after each operation.

        Raises SolutionError when there is nothing to run. On KeyboardInterrupt the facts are
        those up to then.
        """
        facts = self.facts
        overseer = Overseer(crashes=_DiesAfterSending(self._system.crash_rate, seed=facts.seed))
        bounds = Bounds(overseer, on_operation=lambda: watch(facts))
        interrupted = False
        # At the end of the block: those whom the bounds do not let end.
        with suppress(Deadlock, SystemExit), quiet() as printed, self._world(bounds) as simulation:
            try:
                simulation.run(self._play(overseer, bounds))
            except KeyboardInterrupt:
                interrupted = True
            except BaseException as error:
                if isinstance(error, Exception) and not isinstance(error, Deadlock):
                    raise
                if not facts.metrics.closed:
                    facts.ended, facts.broken = _how_it_broke(error), True
            finally:
                facts.close()
                bounds.close()
                facts.printed = printed.lines
        if interrupted:
            raise KeyboardInterrupt

    @contextmanager
    def _world(self, bounds: Bounds) -> Iterator[Simulation]:
        with (
            Simulation(Recorder(self.facts.metrics, bounds)) as simulation,
            recording(self.facts.metrics),
            use_services(self._services),
            use_database(Database(self._driver, pool_size=self._system.pool)),
        ):
            yield simulation

    async def _play(self, overseer: Overseer, bounds: Bounds) -> None:
        facts, system = self.facts, self._system
        with as_worker("campaign"):
            await self._create_jobs(system.jobs)
        facts.start = time.monotonic()
        names = (f"worker-{number}" for number in count(1))
        reaper = run_reaper(
            patience_seconds=system.patience_seconds, interval_seconds=system.reap_seconds
        )
        crew = [
            keep_a_worker(
                lambda place=place: self._start(next(names), place),  # type: ignore[misc]
                dead=overseer.dead,
                restart_seconds=system.restart_seconds,
            )
            for place in range(system.workers)
        ]
        async with at_work([*crew, reaper]) as tasks:
            facts.ended = await self._until_over(bounds, tasks)
            facts.broken = bounds.broken is not None
            facts.close()
            bounds.close()

    async def _create_jobs(self, number: int) -> None:
        campaign = await Campaign.create(name="Winter news", user_id=1)
        emails = [customer(each)["Email"] for each in range(1, number + 1)]
        try:
            await self._functions.copy().create_campaign_jobs(campaign.id, emails)
        except Exception as error:
            where = self._functions.file.path
            line = line_of(error, where) or 1
            words = f"create_campaign_jobs: {told(error, where)}"
            raise SolutionError(f"{where}:{line}: {words}") from error

    def _start(self, name: str, place: int) -> tuple[str, Worker]:
        self.facts.metrics.starts(name, place)
        solution: Solution = self._functions.copy()
        return name, Worker(name, solution, pace=self._system.pace, on_error=self._note_error)

    def _note_error(self, _job: Job | None, error: Exception) -> None:
        path = self._functions.file.path
        line = line_of(error, path)
        place = f" ({path.name}:{line})" if line else ""
        self.facts.escaped[f"{_in_short(error)}{place}"] += 1

    async def _until_over(self, bounds: Bounds, tasks: Sequence[asyncio.Task[NoReturn]]) -> str:
        facts, jobs = self.facts, Jobs(self._driver.changes)
        ends: list[asyncio.Future[Any]] = [bounds.exceeded, *tasks]
        last = facts.start + self._system.seconds
        while (left := last - time.monotonic()) > 1e-6:
            await asyncio.wait(ends, timeout=min(LOOK_SECONDS, left))
            facts.end = time.monotonic()
            if bounds.broken:
                return bounds.broken
            raise_if_over(tasks)
            if jobs.none_is_due(last):
                return "no job is ready or running"
        return "time is up"


class Jobs:
    """What the jobs are like now, from their changes."""

    def __init__(self, changes: list[JobChange]):
        self._changes = changes
        self._seen = 0
        self._latest: dict[int, JobChange] = {}

    def none_is_due(self, until: float) -> bool:
        """Tell whether no job is running, or pending and due by then."""
        for change in self._changes[self._seen :]:
            self._latest[change.job] = change
        self._seen = len(self._changes)
        return not any(_is_due(change, until) for change in self._latest.values())


def _is_due(change: JobChange, until: float) -> bool:
    if change.status == "pending":
        return change.due is None or change.due <= until
    return change.status == "processing"


class _DiesAfterSending:
    """Lets a worker die when SendGrid has answered, before it hears of it, with this chance."""

    def __init__(self, rate: float, *, seed: int):
        self._rate = rate
        self._random = Random(f"{seed}:crashes")

    def strikes(self, operation: Operation, moment: Moment) -> bool:
        """Return whether the operation's worker dies at this moment of it."""
        if operation.call != "send_email" or moment == "before":
            return False
        return self._random.random() < self._rate


def _in_short(error: Exception) -> str:
    """Return the error's words up to where particulars begin, so that the same count as one."""
    message = " ".join(str(error).split()).partition(" (")[0].partition(": ")[0]
    return f"{type(error).__name__}: {message[:80]}".removesuffix(": ")


def _how_it_broke(error: BaseException) -> str:
    if isinstance(error, Deadlock):
        return "all wait, and nothing will wake them: a deadlock"
    if isinstance(error, SystemExit):
        return "the solution ended its process (SystemExit)"
    return f"the solution ended its worker ({type(error).__name__}: {error})".replace(": )", ")")


def _services(system: System, seed: int) -> Services:
    quick, never = OTHER_SERVICES_SECONDS, 0.0
    return Services(
        sendgrid=SendGrid(system.sendgrid, seed=seed),
        salesforce=Salesforce(SalesforceConfig(latency_seconds=quick), seed=seed),
        replies=Replies(RepliesConfig(latency_seconds=quick, error_rate=never), seed=seed),
        sentiment=SentimentApi(SentimentConfig(latency_seconds=quick, error_rate=never), seed=seed),
    )
