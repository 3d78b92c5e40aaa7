"""Toys: workers of a few operations each, played as the judge plays a solution."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

from infra.context import as_worker
from infra.database import execute_sql
from infra.operations import Operation
from infra.simulation.explorer import Explored, explore
from infra.simulation.scheduler import Limits, Option, Scheduler, Strategy
from infra.simulation.strategies import Guided, Replay
from infra.simulation.tokens import from_token
from tests.judge.actor import Actor
from tests.judge.broken import Broken
from tests.judge.names import ROOT
from tests.judge.stage import Stage
from tests.judge.subject import Subject
from tests.judge.theatre import Played, Theatre
from tests.judge.world import NO_LIMITS, World

Program = Callable[[], Awaitable[object]]

COUNTERS = "UPDATE campaigns SET user_id = 0;"
"""What every toy begins with: two campaigns, whose `user_id` is a number to count with."""


class Toy:
    """Workers that run programs at the same time, in a theatre of their own.

    `wrong` looks at the end of a run, and returns what is wrong with it. Workers of the same
    program are taken to be alike, unless `alike` says no.
    """

    def __init__(
        self,
        *programs: Program,
        limits: Limits = NO_LIMITS,
        wrong: Callable[[Stage], object] = lambda stage: None,
        alike: bool = True,
    ):
        self.world = World(name="toy", play=self._play, fill=COUNTERS, limits=limits)
        self._programs = programs
        self._wrong = wrong
        self._part = _part if alike else _part.__wrapped__
        self._theatre = Theatre()
        self._subject = Subject(ROOT / "candidate" / "solution.py")

    def play(self, strategy: Strategy | None = None) -> Played:
        """Do one run."""
        with self._theatre:
            return self._theatre.play(self._subject, self.world, strategy or Guided())

    def replay(self, token: str) -> Played:
        """Do the run that a token tells."""
        return self.play(Replay(from_token(token)))

    def explore(
        self, *, runs_max: int = 10_000, samples: int = 0, seed: int = 0
    ) -> Explored[Broken]:
        """Explore it as the judge does."""
        with self._playing() as play:
            return explore(play, runs_max=runs_max, samples=samples, seed=seed)

    def every_run(self) -> Iterator[Played]:
        """Do every run within the limits, none of them cut short."""
        waiting: list[tuple[tuple[int, int], ...]] = [()]
        with self._playing() as play:
            while waiting:
                deviations = waiting.pop()
                strategy = Guided(deviations)
                yield play(strategy)
                waiting += [
                    (*deviations, (number, index))
                    for number, options in strategy.points
                    for index in range(1, len(options))
                ]

    @contextmanager
    def _playing(self) -> Iterator[Callable[[Strategy], Played]]:
        with self._theatre as theatre:
            yield lambda strategy: theatre.play(self._subject, self.world, strategy)

    async def _play(self, stage: Stage) -> None:
        actors = [stage.actor() for _ in self._programs]
        parts = [self._part(program) for program in self._programs]
        await stage.together(*zip(actors, parts, strict=True))
        if wrong := self._wrong(stage):
            raise Broken("nothing wrong", str(wrong))


@cache
def _part(program: Program) -> Callable[[Actor], Awaitable[object]]:
    async def part(actor: Actor) -> None:
        with as_worker(actor.id):
            await program()

    return part


class Choices:
    """A strategy that notes what there is to choose from, and goes on as before."""

    def __init__(self) -> None:
        self.points: list[list[str]] = []

    def choose(self, scheduler: Scheduler, options: list[Option]) -> int:
        self.points.append([f"{option.step.thread}{option.step.act}" for option in options])
        return 0


def operations(played: Played) -> list[tuple[str, str]]:
    """Return each operation of a run: who did it, and its first word."""
    return [words(operation) for _, operation in played.stage.scheduler.operations]


def words(operation: Operation) -> tuple[str, str]:
    return operation.worker, operation.call.split()[0]


async def count(campaign: int = 1) -> int:
    """Return the number of a campaign."""
    (row,) = await execute_sql("SELECT user_id FROM campaigns WHERE id = ?", [campaign])
    return int(str(row["user_id"]))


async def set_count(number: int, campaign: int = 1) -> None:
    """Set the number of a campaign."""
    await execute_sql("UPDATE campaigns SET user_id = ? WHERE id = ?", [number, campaign])


async def add_one(campaign: int = 1) -> None:
    """Add one to the number of a campaign, in one statement."""
    await execute_sql("UPDATE campaigns SET user_id = user_id + 1 WHERE id = ?", [campaign])


def counts(stage: Stage) -> Sequence[object]:
    """Return the numbers of the campaigns now: the next run of a toy begins with them anew."""
    return [number for (number,) in stage.select("SELECT user_id FROM campaigns ORDER BY id").rows]
