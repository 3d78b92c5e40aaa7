"""The scheduler: the seam at which it is chosen who goes next, who dies, and which call fails.

Each operation of a worker waits here until it is chosen. As an operation takes effect at once,
and nothing else of one worker can be seen by another, every order in which operations can be
chosen is a way in which workers can interleave, and there are no others.
"""

import asyncio
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, Protocol

from infra.context import worker_in
from infra.database import Database
from infra.database.driver import Connection
from infra.database.sql import only_reads
from infra.database.transactions import own_transaction, surrounding_connection
from infra.operations import Operation
from infra.simulation.loop import SimulatedLoop
from infra.simulation.overseer import Crash

OPERATIONS_MAX = 3_000
"""More than any right solution takes in a world of a few jobs."""

_ENDS = ("COMMIT", "ROLLBACK")
_TRIES_OF_THE_DEAD_MAX = 20
_UNDER_WAY_MAX = 5_000
_CHOICES_MAX = 50
"""To weigh hundreds of tasks at each step would take long."""

_TURNS_WITHOUT_OPERATION_MAX = 100_000


class Act(StrEnum):
    """What happens to the operation that is chosen. The value stands for it in a replay token."""

    GO = ""
    CRASH = "x"  # its worker dies just before it
    RATE_LIMITED = "r"
    TIMEOUT_BEFORE_DELIVERY = "b"
    TIMEOUT_AFTER_DELIVERY = "a"
    ERROR = "e"  # the service does not answer
    HOLD = "t"  # it, and all that could go, is held up until the next timer is due


FAULTS: Mapping[str, tuple[Act, ...]] = {
    "send_email": (Act.RATE_LIMITED, Act.TIMEOUT_BEFORE_DELIVERY, Act.TIMEOUT_AFTER_DELIVERY),
    "fetch_reply": (Act.ERROR,),
    "analyze_sentiment": (Act.ERROR,),
}
"""The ways in which each service can fail."""


class Step(NamedTuple):
    """One choice: a thread, by name, and what happens to its operation.

    A worker's first thread is called `w1`; tasks that it starts `w1-2`, `w1-3`.
    """

    thread: str
    act: Act = Act.GO


class Option(NamedTuple):
    """A step that can be chosen, and what it counts as: 0 for what costs nothing."""

    step: Step
    cost: int


class Limits(NamedTuple):
    """How many times, at most, things may happen in one run."""

    preemptions: int = 0
    crashes: int = 0
    faults: int = 0


class Strategy(Protocol):
    """Chooses what happens next."""

    def choose(self, scheduler: "Scheduler", options: list[Option]) -> int:
        """Return the index of one of at least two options; the first is to go on as before."""


class Observer(Protocol):
    """What a run is for: it is told of everything, and may stop the run at any time."""

    def taken(self, operation: Operation) -> None:
        """An operation is about to take effect."""

    def seen(self, operation: Operation) -> None:
        """Its worker sees what came of it."""

    def died(self, worker: str) -> None:
        """A worker is dead: what it has open is to be rolled back at once."""


class Endless(Exception):
    """A run did more operations than any right solution would, or none in many turns."""


class Halted(SystemExit):
    """The run is stopped: no task of the loop goes on. (asyncio lets a SystemExit out at once.)"""


@dataclass(slots=True, eq=False)
class Parked:
    """An operation that waits to be chosen."""

    operation: Operation
    thread: str
    waits_for_writers: bool
    inside: Connection | None
    future: asyncio.Future[None] | None = None


class Scheduler:
    """The seam of one run.

    Only workers that were enrolled are scheduled; the operations of all others pass. `steps` are
    the choices so far; `operations` those of the enrolled workers, in order, each with the index
    of the step that chose it.
    """

    def __init__(
        self,
        strategy: Strategy,
        limits: Limits,
        database: Database,
        observer: Observer,
        *,
        operations_max: int = OPERATIONS_MAX,
        faults: tuple[Act, ...] = tuple(Act),
        holds: bool = True,
        lines_of: Path | None = None,
    ):
        self.lines: dict[Operation, int] = {}
        """Which line of that file did each operation, when `lines_of` is given."""
        self.steps: list[Step] = []
        self.operations: list[tuple[int, Operation]] = []
        self.dead: set[str] = set()
        self.frozen: set[str] = set()
        """Workers who do nothing for now, as when a process is suspended."""
        self.fault: Act = Act.GO
        """What is to become of the call that a service is about to take."""
        self.faults_done = 0
        self.counted_from = 0
        """After how many operations those count of which there may not be too many."""
        self.asked = 0
        """How many operations were asked for by workers who are alive."""
        self.passed = 0
        """How many operations passed, of those who are not enrolled."""
        self.inside: Connection | None = None
        """Of the transaction that the operation that is taken is inside of; it may have ended."""
        self.stopped_by: BaseException | None = None
        self._strategy = strategy
        self._left = limits
        self._database = database
        self._observer = observer
        self._faults = faults
        self._holds_allowed = holds
        self._file = str(lines_of) if lines_of else None
        self._operations_max = operations_max
        self._loop: ScheduledLoop | None = None
        self._python_thread = threading.get_ident()
        self._enrolled: dict[str, str] = {}
        self._group_of: dict[str, int] = {}
        self._tasks: dict[asyncio.Task[object], str] = {}
        self._going_of: dict[str, tuple[Option, Option]] = {}
        self._threads: dict[str, int] = {}
        self._parked: list[Parked] = []
        self.current = ""
        """The thread that went last."""
        self._interrupted: set[str] = set()
        self._begun: set[str] = set()
        self._ends: dict[str, asyncio.Future[None]] = {}
        self._tries_of_the_dead = 0
        self._turns = 0
        self._holds_up = False
        self._over = False

    @property
    def is_over(self) -> bool:
        """Whether the run has ended, and only what is under way is being ended too."""
        return self._over

    @property
    def is_beside(self) -> bool:
        """Whether it was a task that a worker has started which went last, not the worker."""
        return "-" in self.current

    # -- who takes part

    def enroll(self, worker: str, group: int) -> asyncio.Future[None]:
        """Schedule that worker's operations from now on; the future is done when it dies.

        Workers of a group do the same, so that it does not matter which of them begins.
        """
        assert self._loop
        self._enrolled[worker] = f"w{worker.rpartition('-')[2]}"
        self._group_of[self._enrolled[worker]] = group
        self._ends[worker] = self._loop.create_future()
        return self._ends[worker]

    def takes_part(self, worker: str) -> bool:
        """Return whether that worker's operations are scheduled."""
        return worker in self._enrolled

    def attach(self, loop: "ScheduledLoop") -> None:
        """Choose for this loop."""
        self._loop = loop

    # -- the seam

    def before(self, operation: Operation) -> asyncio.Future[None] | None:
        """Let the operation take effect now, or when what is returned is done."""
        if operation.worker not in self._enrolled:
            self.passed += 1
            return None
        if threading.get_ident() != self._python_thread:
            raise RuntimeError("operations are for the event loop's own thread")
        if self._over or operation.worker in self.dead:
            return self._refuse(operation)
        self.asked += 1
        if len(self._parked) > _UNDER_WAY_MAX:
            self.stop(Endless(f"has more than {_UNDER_WAY_MAX:,} operations under way at once"))
            raise Halted  # there may be many thousands more
        if self._file:
            self._note_line(operation, self._file)
        parked = Parked(
            operation,
            self._thread(operation),
            _waits_for_writers(operation),
            surrounding_connection(),
        )
        self._parked.append(parked)
        assert self._loop
        if self.stopped_by is None and not self._loop._ready:
            # All others wait, so what comes next can be chosen without asking the loop.
            self._choose()
            if parked not in self._parked and operation.worker not in self.dead:
                return None
        if parked.future is None:
            parked.future = self._loop.create_future()
            if operation.worker in self.dead:
                parked.future.set_exception(Crash(operation.worker))
        return parked.future

    def after(self, operation: Operation) -> None:
        """Note what the worker sees of it, unless it has died meanwhile."""
        if operation.worker not in self._enrolled:
            return
        if operation.worker in self.dead or self._over:
            raise Crash(operation.worker)
        self._observer.seen(operation)

    def cut(self, operation: Operation) -> None:
        """Note it for the story. What the worker does next tells that it did not wait for this."""
        operation.was_cut = not self._over

    async def returning(self, operation: Operation) -> None:
        """Give a worker that has done its last operation the chance to die after it."""
        if not self._left.crashes:
            return
        if turn := self.before(operation):
            await turn

    def _refuse(self, operation: Operation) -> asyncio.Future[None]:
        """Let who is dead, or too late, do nothing; one that goes on trying is not heard of."""
        self._tries_of_the_dead += 1
        if self._tries_of_the_dead <= _TRIES_OF_THE_DEAD_MAX:
            raise Crash(operation.worker)
        assert self._loop
        return self._loop.create_future()

    def _thread(self, operation: Operation) -> str:
        task = asyncio.current_task(self._loop)
        assert task
        name = self._tasks.get(task)
        if name is None:
            first = self._enrolled[operation.worker]
            number = self._threads[first] = self._threads.get(first, 0) + 1
            name = self._tasks[task] = f"{first}-{number}" if number > 1 else first
        return name

    # -- choosing

    def on_idle(self, next_timer_seconds: float | None) -> bool:
        """Let somebody go, when nobody can by himself. Returns whether somebody does.

        Nobody does when all wait for time to pass; it has to pass then.
        """
        if self._over:
            return False
        self._raise_if_stopped()
        if self._holds_up and next_timer_seconds is not None:
            self._holds_up = False
            return False
        before = len(self.steps)
        self._choose(has_timer=next_timer_seconds is not None)
        self._raise_if_stopped()
        if self._holds_up:
            self._holds_up = False
            return False
        return len(self.steps) > before

    def on_turn(self) -> None:
        """Note that the loop has gone round. Stops the run if it does nothing but that."""
        if self._over:
            return
        self._turns += 1
        if self._turns > _TURNS_WITHOUT_OPERATION_MAX:
            self.stop(Endless("does nothing but give way to others, for ever"))
        self._raise_if_stopped()

    def stop(self, reason: BaseException) -> None:
        """End the run as soon as the worker that runs gives way."""
        self.stopped_by = self.stopped_by or reason

    @property
    def anybody_waits(self) -> bool:
        """Whether an operation waits to be chosen."""
        return bool(self._parked)

    def next_write_of(self, thread: str) -> Operation | None:
        """Return the operation that a thread waits to do, if it is one that writes."""
        waiting = (p for p in self._parked if p.thread == thread and p.waits_for_writers)
        return next((parked.operation for parked in waiting), None)

    def _raise_if_stopped(self) -> None:
        if self.stopped_by:
            raise self.stopped_by

    def _choose(self, *, has_timer: bool | None = None) -> None:
        if has_timer is None:
            assert self._loop
            has_timer = bool(self._loop._scheduled)
        self._parked = [p for p in self._parked if not (p.future and p.future.done())]
        while self._parked and not self.stopped_by:
            able = self._able()
            if not able:
                if has_timer:
                    return
                # They wait for a transaction that waits for them: the lock's timeout tells.
                able = self._parked[:1]
            options = self._options(able, has_timer=has_timer)
            chosen = 0
            if len(options) > 1:
                try:
                    chosen = self._strategy.choose(self, options)
                except Exception as reason:
                    self.stop(reason)
                    return
            if self._take(options[chosen], able):
                return

    def _able(self) -> list[Parked]:
        """Return what could go; of very many the eldest, and what goes on as before."""
        parked = iter(self._parked)
        able = list(islice(filter(self._is_able, parked), _CHOICES_MAX))
        return able + [p for p in parked if p.thread == self.current and self._is_able(p)]

    def _is_able(self, parked: Parked) -> bool:
        if parked.operation.worker in self.frozen:
            return False
        return not parked.waits_for_writers or self._database.write_lock.holder is None

    def _options(self, able: list[Parked], *, has_timer: bool) -> list[Option]:
        """Return what can be chosen; first, to go on with who went last, or else the eldest.

        Who was interrupted comes last by default: the longer it is held up, the staler is what it
        knows.
        """
        going = next((p for p in able if p.thread == self.current), None)
        first = going or next((p for p in able if p.thread not in self._interrupted), able[0])
        options = [self._going(first.thread)[0]]
        left = self._left
        others: list[tuple[Parked, int]] = []
        if going is None or left.preemptions:
            for parked in self._others(first, able):
                cost = 1 if going or _are_reads_of_one(first, parked) else 0
                if cost <= left.preemptions:
                    others.append((parked, cost))
                    options.append(self._going(parked.thread)[cost])
        if left.crashes:
            options.append(Option(Step(first.thread, Act.CRASH), 1))
        if left.faults:
            options += self._failing(first, 1)
            for parked, cost in others:
                options += self._failing(parked, cost + 1)
        if left.preemptions and has_timer and self._holds_allowed and self._can_wait():
            options.append(Option(Step(first.thread, Act.HOLD), 1))
        return options

    def _can_wait(self) -> bool:
        """Return whether all that could go may take until the next timer is due.

        A statement does not take so long that a timeout of its own worker ends it; services may.
        """
        assert self._loop
        timers = [timer for timer in self._loop._scheduled if not timer.cancelled()]
        next_seconds = min(timer.when() for timer in timers) if timers else 0.0
        owners = {
            worker_in(timer._context)  # type: ignore[attr-defined]
            for timer in timers
            if timer.when() == next_seconds
        }
        parked = (parked.operation for parked in self._parked)
        return not any(one.worker in owners and one.kind == "database" for one in parked)

    def _others(self, first: Parked, able: list[Parked]) -> list[Parked]:
        """Return who else could go: of those who are alike and have not begun, only one."""
        others = []
        fresh = {self._fresh_group(first)}
        for parked in able:
            if parked is first:
                continue
            group = self._fresh_group(parked)
            if group is None or group not in fresh:
                others.append(parked)
                fresh.add(group)
        return others

    def _fresh_group(self, parked: Parked) -> int | None:
        """Return the group of a worker that has not begun; `None` for all others."""
        if parked.thread in self._begun or "-" in parked.thread:
            return None
        return self._group_of[parked.thread]

    def _failing(self, parked: Parked, cost: int) -> list[Option]:
        """Return the ways in which a call to a service can fail."""
        if parked.operation.kind != "service":
            return []
        ways = FAULTS.get(parked.operation.call, ())
        return [Option(Step(parked.thread, way), cost) for way in ways if way in self._faults]

    def _going(self, thread: str) -> tuple[Option, Option]:
        """Return the option that a thread goes on, at no cost and at the cost of a preemption."""
        going = self._going_of.get(thread)
        if going is None:
            step = Step(thread)
            going = self._going_of[thread] = (Option(step, 0), Option(step, 1))
        return going

    def _take(self, option: Option, able: list[Parked]) -> bool:
        """Do what was chosen. Returns whether that was all for now."""
        step = option.step
        parked = next(p for p in able if p.thread == step.thread)
        self.steps.append(step)
        if step.act is Act.CRASH:
            self._left = self._left._replace(crashes=self._left.crashes - 1)
            self._kill(parked.operation)
            return False
        if step.act is Act.HOLD:
            self._left = self._left._replace(preemptions=self._left.preemptions - 1)
            self._holds_up = True
            return True
        self.fault = step.act
        preempts = option.cost
        if step.act is not Act.GO:
            self._left = self._left._replace(faults=self._left.faults - 1)
            self.faults_done += 1
            preempts -= 1
        if preempts:
            self._left = self._left._replace(preemptions=self._left.preemptions - 1)
            if any(other.thread == self.current for other in self._parked):
                self._interrupted.add(self.current)
        self._interrupted.discard(step.thread)
        self.current = step.thread
        self._turns = 0
        self._parked.remove(parked)
        self._begun.add(parked.thread)
        operation = parked.operation
        self.inside = parked.inside
        self._note(operation)
        if parked.future:
            parked.future.set_result(None)
        return True

    def _note_line(self, operation: Operation, file: str) -> None:
        frame: FrameType | None = sys._getframe(2)
        while frame and frame.f_code.co_filename != file:
            frame = frame.f_back
        if frame:
            self.lines[operation] = frame.f_lineno

    def _note(self, operation: Operation) -> None:
        assert self._loop
        operation.at_seconds = self._loop.time()
        self.operations.append((len(self.steps) - 1, operation))
        if len(self.operations) - self.counted_from > self._operations_max:
            self.stop(Endless(f"is not done after {self._operations_max:,} operations"))
        self._observer.taken(operation)

    def _kill(self, operation: Operation) -> None:
        """Let a worker die: it does nothing any more, and what it has open is rolled back."""
        worker = operation.worker
        self.dead.add(worker)
        self.current = ""
        self._observer.died(worker)
        for parked in [p for p in self._parked if p.operation.worker == worker]:
            self._parked.remove(parked)
            if parked.future:
                parked.future.set_exception(Crash(worker))
        if not self._ends[worker].done():
            self._ends[worker].set_result(None)

    def end(self) -> None:
        """The run is over: whatever is still under way does nothing any more."""
        self._over = True
        for parked in self._parked:
            if parked.future and not parked.future.done():
                parked.future.set_exception(Crash(parked.operation.worker))
        self._parked.clear()

    def let_go(self) -> None:
        """Forget everybody who knows it, when nobody goes on; what was noted is kept."""
        assert self._loop
        self._loop.tasks.clear()
        del self._loop._scheduler
        self._loop = None
        self._tasks.clear()
        self._ends.clear()
        del self._observer


class ScheduledLoop(SimulatedLoop):
    """A simulated loop whose scheduler is asked before it lets time pass."""

    def __init__(self, scheduler: Scheduler):
        super().__init__()
        self.tasks: list[asyncio.Task[Any]] = []
        """All that were ever started on it."""
        self._scheduler = scheduler
        scheduler.attach(self)

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        """Start a task, and keep it."""
        task = super().create_task(coro, **options)
        self.tasks.append(task)
        return task

    def select(self, timeout_seconds: float | None) -> list[object]:
        """Let somebody go, or else let time pass until the next timer."""
        self._scheduler.on_turn()
        if timeout_seconds == 0 or self._scheduler.on_idle(timeout_seconds) or self._ready:
            return []
        return super().select(timeout_seconds)

    def skip_ahead(self, seconds: float) -> bool:
        """Let that time pass at once, if nobody else has anything to do meanwhile."""
        return not self._scheduler.anybody_waits and super().skip_ahead(seconds)


def _waits_for_writers(operation: Operation) -> bool:
    """Return whether an open transaction of another task keeps it from taking effect."""
    if operation.kind != "database" or own_transaction() or operation.call in _ENDS:
        return False
    return not only_reads(operation.call)


def _are_reads_of_one(one: Parked, other: Parked) -> bool:
    """Return whether tasks of one worker both read: which of them goes first, nobody else sees."""
    same = one.operation.worker == other.operation.worker
    return same and _only_reads(one.operation) and _only_reads(other.operation)


def _only_reads(operation: Operation) -> bool:
    if operation.kind == "database":
        return only_reads(operation.call)
    return operation.kind == "service" and operation.call != "send_email"
