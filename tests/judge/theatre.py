"""The theatre: where one run after another is played, each in a world as new."""

import asyncio
import os
import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from infra.context import as_worker, worker_in
from infra.database import Database, use_database
from infra.database.simulated_driver import SimulatedDriver
from infra.errors import SolutionError
from infra.mistakes import line_of, told
from infra.operations import installed
from infra.services import use_services
from infra.simulation import Crash, Deadlock
from infra.simulation.clocks import Clocks
from infra.simulation.explorer import Run
from infra.simulation.scheduler import Endless, Halted, ScheduledLoop, Scheduler, Strategy
from tests.judge.broken import Broken
from tests.judge.generated import compiled_once
from tests.judge.stage import Stage
from tests.judge.subject import Subject
from tests.judge.unawaited import Slip, Unawaited
from tests.judge.unreadable import unreadable
from tests.judge.watchdog import Stuck
from tests.judge.world import CAMPAIGNS, MOVES, World

_TURNS_TO_END = 30
_PROCESS_IDS = 5_000_000
"""More than the id of any real process."""

_COMES_BACK = "the function comes back, and leaves its event loop as it was"
_UNDEAD: list[object] = []
"""Tasks that will not end, kept so that they are not closed."""


class Theatre:
    """Plays worlds, inside its block; time and chance are those of the run in it."""

    def __init__(self, seed: int = 0):
        self.seed = seed
        self._drivers: dict[tuple[str, bool], SimulatedDriver] = {}
        self._chance = random.Random(seed)
        self._block = ExitStack()
        self._plays = 0
        self._scheduler: Scheduler | None = None
        self._unawaited = Unawaited()

    @property
    def progress(self) -> tuple[int, int]:
        """Something that changes whenever a run goes on."""
        scheduler = self._scheduler
        done = scheduler.asked + len(scheduler.operations) if scheduler else 0
        return (self._plays, done)

    def stop(self, reason: BaseException) -> None:
        """End the run under way as soon as it gives way."""
        if self._scheduler:
            self._scheduler.stop(reason)

    def __enter__(self) -> Self:
        with ExitStack() as block:
            self._clocks = block.enter_context(Clocks())
            block.enter_context(_seeded_entropy(self._chance))
            block.enter_context(_process_ids_of_workers())
            block.enter_context(self._unawaited.listening())
            block.enter_context(compiled_once())
            self._block = block.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._block.close()

    def play(
        self,
        subject: Subject,
        world: World,
        strategy: Strategy,
        *,
        own_claims: bool = False,
        lines_of: Path | None = None,
        with_slips: bool = False,
    ) -> "Played":
        """Play a world once. With `lines_of` it is noted which line of that file did what.

        Only `with_slips` the line of each slip is for certain: to know it takes a while.
        """
        # A world is filled at the start of time, whatever the one before has come to.
        self._clocks.reset()
        driver = self._driver_of(world)
        database = Database(driver)
        stage = Stage(subject, driver, database, world.watches, own_claims=own_claims)
        scheduler = Scheduler(
            strategy,
            world.limits,
            database,
            stage,
            operations_max=world.operations_max,
            faults=world.faults,
            holds=world.holds,
            lines_of=lines_of,
        )
        stage.scheduler = self._scheduler = scheduler
        self._plays += 1
        loop = ScheduledLoop(scheduler)
        loop.set_exception_handler(lambda loop, context: None)
        self._clocks.follow(loop)
        self._chance.seed(self.seed)
        random.seed(self.seed)
        with (
            installed(scheduler),
            use_database(database),
            use_services(stage.services),
            self._unawaited.of_run(str(subject.path), with_lines=with_slips) as slips,
        ):
            try:
                failure = _failure_of(loop, stage, world)
            finally:
                _end(loop, scheduler)
        if failure is None:
            stage.let_go()
        # Who died may have had no time to await what it had made.
        return Played(failure, scheduler.steps, stage, () if scheduler.dead else tuple(slips))

    def _driver_of(self, world: World) -> SimulatedDriver:
        """Return the world's database, as new."""
        key = (world.fill, "moves" in world.watches)
        driver = self._drivers.get(key)
        if driver is None:
            fill = CAMPAIGNS + (MOVES if "moves" in world.watches else "") + world.fill
            driver = SimulatedDriver(fill, seed=self.seed)
            driver.mark()
            self._drivers[key] = driver
        driver.rewind()
        driver.round_trip_seconds = world.round_trip_seconds
        return driver


@dataclass(frozen=True, slots=True)
class Played(Run[Broken]):
    """A run, and its stage, of which only what was noted can be read after a run that passed."""

    stage: Stage
    slips: Sequence[Slip] = ()
    """What the solution has not awaited, as far as that can be told."""


def _failure_of(loop: ScheduledLoop, stage: Stage, world: World) -> Broken | None:
    try:
        _run(loop, stage, world)
    except Broken as broken:
        return broken
    except (Deadlock, Endless) as error:
        return _not_back(loop, stage, error)
    except SolutionError as error:
        return Broken("the file can be executed in each process", str(error))
    except Stuck:
        raise
    except BaseException as error:
        if not _ended_the_run(error):
            raise
        path = stage.subject.path
        words = f"it ended the event loop: {_ends(error, path)}"
        return Broken(_COMES_BACK, words, line=line_of(error, path))
    return None


def _run(loop: ScheduledLoop, stage: Stage, world: World) -> None:
    try:
        with as_worker("judge"):
            loop.run_until_complete(world.play(stage))
    except Halted:
        assert stage.scheduler.stopped_by
        raise stage.scheduler.stopped_by from None
    except ValueError:
        if broken := unreadable(stage):
            raise broken from None
        raise


def _ended_the_run(error: BaseException) -> bool:
    """Return whether the solution has ended the event loop, and not the judge by a mistake."""
    return not isinstance(error, Exception) or str(error).startswith("Event loop stopped")


def _ends(error: BaseException, path: Path) -> str:
    if isinstance(error, asyncio.CancelledError):
        return "a task was cancelled that it did not start"
    return told(error, path)


def _not_back(loop: ScheduledLoop, stage: Stage, error: Exception) -> Broken | None:
    if isinstance(error, Endless) and stage.too_long:
        return stage.too_long()
    under_way = [call for call in stage.calls if not call.done and not call.error]
    call = under_way[-1] if under_way else None
    others = "a task that goes on after its call" if stage.calls else "the solution"
    name = call.function if call else others
    what, line = str(error), None
    if isinstance(error, Deadlock):
        what = "waits for ever: nothing will wake it"
        line = _line_of_wait(loop, str(stage.subject.path))
    worker = call.worker if call else None
    expected = f"{name} comes back" if call else "what was started comes to its end"
    return Broken(expected, f"{name} {what}", worker=worker, line=line)


def _line_of_wait(loop: ScheduledLoop, file: str) -> int | None:
    """Return the line of that file at which the task waits that was started last."""
    for task in reversed(loop.tasks):
        line: int | None = None
        waits: Any = None if task.done() else task.get_coro()
        while waits is not None:
            frame = getattr(waits, "cr_frame", None)
            if frame and frame.f_code.co_filename == file:
                line = frame.f_lineno
            waits = getattr(waits, "cr_await", None)
        if line:
            return line
    return None


def _end(loop: ScheduledLoop, scheduler: Scheduler) -> None:
    """End whatever the run left under way, and the loop."""
    scheduler.end()
    tasks = [task for task in loop.tasks if not task.done()]
    for task in tasks:
        task.cancel()
    for _ in range(_TURNS_TO_END):
        if all(task.done() for task in tasks):
            break
        loop.call_soon(loop.stop)
        try:
            loop.run_forever()
        except (SystemExit, KeyboardInterrupt, Crash):
            continue
    for task in tasks:
        if task.done():
            if not task.cancelled():
                task.exception()
            continue
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        # It catches everything, so it would go on when it is closed, perhaps without end.
        _UNDEAD.append(task)
    loop.close()


@contextmanager
def _process_ids_of_workers() -> Iterator[None]:
    """Let each worker see a process id of its own, as it is a process of its own."""

    def getpid() -> int:
        number = (worker_in(copy_context()) or "").removeprefix("worker-")
        return _PROCESS_IDS + int(number) if number.isdecimal() else real()

    real, os.getpid = os.getpid, getpid
    try:
        yield
    finally:
        os.getpid = real


@contextmanager
def _seeded_entropy(chance: random.Random) -> Iterator[None]:
    """Let uuid4, secrets and SystemRandom draw from `chance`."""

    def urandom(size: int, /) -> bytes:
        return chance.randbytes(size)

    before = os.urandom
    os.urandom = urandom
    vars(random)["_urandom"] = urandom
    try:
        yield
    finally:
        os.urandom = before
        vars(random)["_urandom"] = before
