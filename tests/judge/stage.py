"""The stage of one run: a database, services, workers, and the rules that are watched."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from infra.clock import from_text, now, to_text, wait
from infra.context import current_job_id, current_worker_id
from infra.database import Database
from infra.database.driver import Result
from infra.database.simulated_driver import SimulatedDriver
from infra.database.sql import only_reads, to_values
from infra.mistakes import line_of, told
from infra.models import Job
from infra.operations import Operation
from infra.services import Fault, SendGridCall, Services
from infra.simulation import Crash, SimulatedLoop
from infra.simulation.scheduler import Act, Endless, Scheduler
from infra.worker import reap
from tests.judge.actor import Actor, Call
from tests.judge.broken import Broken
from tests.judge.moves import Answers, Circumstances, Move, wrong_advance, wrong_change
from tests.judge.subject import Subject
from tests.judge.world import Watch

_FAULTS = {
    Act.RATE_LIMITED: Fault.RATE_LIMITED,
    Act.TIMEOUT_BEFORE_DELIVERY: Fault.TIMEOUT_BEFORE_DELIVERY,
    Act.TIMEOUT_AFTER_DELIVERY: Fault.TIMEOUT_AFTER_DELIVERY,
}
DOWN = (Fault.TIMEOUT_BEFORE_DELIVERY,)
DOWN_BY_TURNS = (Fault.RATE_LIMITED, Fault.TIMEOUT_BEFORE_DELIVERY)

_INSTRUCTIONS_PER_ROW = 4
"""Of SQLite's virtual machine, to look at a row of an index and go on; most take a few more."""

_PATIENCE_SECONDS = 600


@dataclass(slots=True)
class Cost:
    """What something took: operations, and SQLite's instructions; `worst` took most of those."""

    operations: int = 0
    instructions: int = 0
    worst: Operation | None = None
    _instructions_of_worst: int = 0

    @property
    def rows(self) -> int:
        """About how many rows SQLite looked at."""
        return self.instructions // _INSTRUCTIONS_PER_ROW

    def note(self, operation: Operation, instructions: int) -> None:
        """Note how many instructions there were in all when an operation had been done."""
        done, self.instructions = instructions - self.instructions, instructions
        if done > self._instructions_of_worst:
            self.worst, self._instructions_of_worst = operation, done


@dataclass(slots=True, eq=False)
class Try:
    """One call to SendGrid, as it saw it."""

    call: Call | None
    job: int | None
    key: str
    at_seconds: float
    operations_before: int
    answered_seconds: float | None = None


class Stage:
    """One run's world. It is the observer of the run: what is wrong at any moment ends it."""

    errors_max = 3
    """How many errors a job meets at most, but for SendGrid when that is down."""

    def __init__(
        self,
        subject: Subject,
        driver: SimulatedDriver,
        database: Database,
        watches: frozenset[Watch] = frozenset(),
        *,
        own_claims: bool = False,
    ):
        self.subject = subject
        self.watches = watches
        self.own_claims = own_claims
        self.services = Services.calm(customers=200)
        self.services.sendgrid.faults = self._fault
        self.services.replies.fails = self.services.sentiment.fails = self._fails
        self.calls: list[Call] = []
        self.tries: list[Try] = []
        self.actors: dict[str, Actor] = {}
        self.answers = Answers()
        self.down: tuple[Fault, ...] = ()
        """How SendGrid fails, in turn, as long as it answers nobody."""
        self.down_once_sent: tuple[Fault, ...] = ()
        """How it fails for good, in turn, once a mail is out."""
        self.unlucky: str | None = None
        """Whose calls to services fail, as often as those for one job may."""
        self.asks_to_wait: tuple[float, ...] = (1.0,)
        """How long, in turn, SendGrid asks whom it limits to wait, in seconds."""
        self.on_error: Callable[[int], None] = lambda count: None
        """Is told how many errors the job in hand has met, at each."""
        self.on_sent: Callable[[str], None] = lambda worker: None
        """Is told of each worker who hears that its mail is out."""
        self.moved_on_day = 0.0
        """When a job last left its step, where that is watched, or was due."""
        self.stalled_after: int | None = None
        """With so many operations since a job left its step, the run has come to no end.

        Those of tasks beside a call do not count, as a heartbeat goes on whatever happens.
        """
        self.hurries = False
        """Whether a scheduled job is due at once, so that hours of waiting do not part workers."""
        self.work_of_steps: dict[str, frozenset[str]] = {}
        """The services that each step asks when all goes well."""
        self.too_long: Callable[[], Broken | None] | None = None
        """What is wrong, if anything, when there are more operations than the world allows."""
        self.on_commit: Callable[[], Broken | None] | None = None
        """Is called after each operation, when no transaction is open."""
        self.on_statement: Callable[[Operation], None] = lambda operation: None
        """Is told of each statement when it is done, inside a transaction or not."""
        self.scheduler: Scheduler
        self.notes: list[int] = []
        """What a play keeps for its check to look at afterwards."""
        self.step_rows: tuple[str, ...] = ()
        """The steps of which there was a row in `job_steps` in the end, where it is kept."""
        self.final_status: str | None = None
        """How a job ended, where a play has kept it."""
        self._errors_of: defaultdict[int | None, int] = defaultdict(int)
        self._sends = self._received = 0
        self._driver = driver
        self._database = database
        self._groups = self._passed = 0
        self._moves_seen = self._operations_since_move = 0
        self._moved_by: dict[int, Operation] = {}

    # -- for plays

    def actor(self) -> Actor:
        """Return a new worker."""
        actor = Actor(self, len(self.actors) + 1)
        self.actors[actor.id] = actor
        return actor

    async def together(self, *parts: tuple[Actor, Callable[[Actor], Awaitable[object]]]) -> None:
        """Let workers do their parts at the same time, in any order of their operations.

        Ends when each has done its part or died. Raises what a part raises.
        """
        if self.scheduler.passed != self._passed:  # of whoever was by himself, unwatched
            self._passed = self.scheduler.passed
            self._skip_moves()
        self._groups += 1
        groups: dict[object, int] = {}
        ends = []
        for actor, part in parts:
            group = groups.setdefault(part, self._groups * 100 + len(groups))
            end = self.scheduler.enroll(actor.id, group)
            task = asyncio.get_running_loop().create_task(self._live(actor, part))
            task.add_done_callback(partial(_set_done, end))
            ends.append((end, task))
        for end, task in ends:
            await end
            if task.done() and (error := task.exception()):
                raise error

    async def _live(self, actor: Actor, part: Callable[[Actor], Awaitable[object]]) -> None:
        try:
            await part(actor)
        except Crash:
            pass
        except Broken as broken:
            broken.worker = broken.worker or actor.id
            # At once: what others would still do is no part of the story.
            self.scheduler.stop(broken)
            raise

    async def alone(self, part: Callable[[Actor], Awaitable[object]]) -> Actor:
        """Let a new worker do something by itself."""
        actor = self.actor()
        await self.together((actor, part))
        return actor

    async def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        await wait(seconds)

    def jobs(self, where: str = "1") -> list[Job]:
        """Return the jobs as they are in the database."""
        return Job.load(self.select(f"SELECT * FROM jobs WHERE {where} ORDER BY id"))

    def job(self, job_id: int = 1) -> Job:
        """Return one job as it is in the database."""
        jobs = self.jobs(f"id = {job_id}")
        if not jobs:
            raise Broken("a job stays in the table", f"job {job_id} is no more")
        return jobs[0]

    def select(self, sql: str, *values: object) -> Result:
        """Look at the database, past all workers."""
        return self._driver.peek(sql, to_values(values))

    def change(self, sql: str, *values: object) -> None:
        """Change the database as somebody else would, past all workers."""
        self._driver.peek(sql, to_values(values))
        self._skip_moves()

    async def reap(self) -> int:
        """Let the reaper bring back what has been processing for ten minutes; return how many."""
        count = await reap(patience_seconds=_PATIENCE_SECONDS)
        self._skip_moves()
        return count

    def next_due(self) -> float | None:
        """Return the seconds until a job can be claimed; `None` when none is pending."""
        sql = """
            SELECT count(*), sum(scheduled_for IS NULL), min(scheduled_for)
            FROM jobs WHERE status = 'pending'
        """
        ((count, due_now, due),) = self.select(sql).rows
        if not count:
            return None
        if due_now:
            return 0.0
        return max(0.0, (from_text(str(due)) - now()).total_seconds())

    def open_jobs(self) -> int:
        """Return how many jobs are pending or processing."""
        return self.count("status IN ('pending', 'processing')")

    def days(self) -> float:
        """Return how many days of simulated time have passed."""
        return asyncio.get_running_loop().time() / 86400

    def count(self, where: str = "1", *values: object) -> int:
        """Return how many jobs there are."""
        ((count,),) = self.select(f"SELECT count(*) FROM jobs WHERE {where}", *values).rows
        assert isinstance(count, int)
        return count

    def available(self) -> int:
        """Return how many jobs are pending and due."""
        due = "scheduled_for IS NULL OR scheduled_for <= ?"
        return self.count(f"status = 'pending' AND ({due})", to_text(now()))

    @property
    def blocked_seconds(self) -> float:
        """How long somebody has kept everybody else from running."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        return loop.blocked_seconds

    def deliveries_to(self, email: str) -> int:
        """Return how many mails were delivered to an address."""
        return len(self.services.sendgrid.ledger.deliveries_to(email))

    @contextmanager
    def measured(self) -> Iterator["Cost"]:
        """Measure what is done inside the block."""
        cost = Cost()
        before = len(self.scheduler.operations)
        with self._driver.counting_work() as work:
            self.on_statement = lambda operation: cost.note(operation, work.instructions)
            yield cost
        self.on_statement = lambda operation: None
        cost.operations = len(self.scheduler.operations) - before

    def no_error(self, call: Call, expected: str) -> None:
        """Raise Broken when the call raised an error."""
        if call.error:
            raise Broken(
                expected,
                f"{call.function} raised {told(call.error, self.subject.path)}",
                worker=call.worker,
                line=line_of(call.error, self.subject.path),
            )

    def line_of_call(self) -> int | None:
        """Return the line at which the function begins that was called last."""
        return self.subject.file.starts.get(self.calls[-1].function) if self.calls else None

    def line_of(self, operation: Operation | None) -> int | None:
        """Return the line that did an operation, in a run whose lines are noted."""
        return self.scheduler.lines.get(operation) if operation else None

    def line_of_move(self, job_id: int) -> int | None:
        """Return the line that changed that job's step or status last, where that is watched."""
        return self.line_of(self._moved_by.get(job_id))

    def line_of_last_mail(self, email: str) -> int | None:
        """Return the line that asked last for a mail to that address."""
        for _, operation in reversed(self.scheduler.operations):
            if operation.call == "send_email" and operation.arguments[0] == email:
                return self.line_of(operation)
        return None

    def line_of_try(self, mail: Try) -> int | None:
        """Return the line that made that call to SendGrid, in a run whose lines are noted."""
        return self.line_of(self._operation_of(mail))

    def step_of_try(self, mail: Try) -> int:
        """Return which step of the run was that call to SendGrid."""
        step, _ = self.scheduler.operations[mail.operations_before]
        return step

    def called(self, call: Call) -> None:
        """A worker begins a call."""
        if "available" in self.watches and not self._driver.in_transaction:
            call.saw_none_available = not self.available()

    def let_go(self) -> None:
        """Part what knows each other: memory is free, and warm, for the next run at once.

        Else it would wait for the garbage collector, which takes longer than this by far.
        """
        self.services.sendgrid.faults = None
        self.services.replies.fails = self.services.sentiment.fails = None
        for actor in self.actors.values():
            actor.let_go()
        self.scheduler.let_go()

    def count_anew(self) -> None:
        """Let the next call have as many operations as the world allows, whatever others had."""
        self.scheduler.counted_from = len(self.scheduler.operations)

    # -- the observer

    def taken(self, operation: Operation) -> None:
        """An operation is about to take effect: no service is called inside a transaction."""
        self._sends += operation.call == "send_email"
        self._stop_if_stalled()
        lock = self._database.write_lock
        if (
            "calls" in self.watches
            and operation.kind == "service"
            and lock.holder
            and lock.holder.worker == operation.worker
            and lock.owner is self.scheduler.inside
        ):
            self.scheduler.stop(
                Broken(
                    "no external call while a transaction is open",
                    f"{operation.call} is called inside transaction()",
                    why="Everybody else who wants to write waits until the call is answered.",
                    worker=operation.worker,
                )
            )

    def _stop_if_stalled(self) -> None:
        if self.stalled_after is None or self.scheduler.is_beside:
            return
        self._operations_since_move += 1
        if self._operations_since_move > self.stalled_after:
            self.scheduler.stop(Endless(f"is not done after {self.stalled_after:,} operations"))

    def seen(self, operation: Operation) -> None:
        """A worker sees what came of its operation."""
        if operation.kind == "database":
            self.on_statement(operation)
        if operation.kind == "service":
            self._note_answer(operation)
        elif _may_change(operation) and not self._driver.in_transaction:
            if "moves" in self.watches:
                self._check_moves(operation)
            if "available" in self.watches:
                self._note_available()
            if self.on_commit and (broken := self.on_commit()):
                broken.worker = operation.worker
                self.scheduler.stop(broken)

    def died(self, worker: str) -> None:
        """Roll back what it has open, as a server does when a connection breaks."""
        lock = self._database.write_lock
        if lock.holder and lock.holder.worker == worker and lock.owner:
            self._driver.roll_back(lock.owner)  # type: ignore[arg-type]
            lock.release(lock.owner)

    def _note_available(self) -> None:
        """Note for each claim under way whether there was a moment with nothing to claim."""
        if not self.available():
            for call in self.calls:
                if not call.done:
                    call.saw_none_available = True

    # -- services

    def _fault(self, call: SendGridCall) -> Fault | None:
        actor = self.actors.get(call.worker)
        at_seconds = asyncio.get_running_loop().time()
        self.tries.append(
            Try(
                actor.call if actor else None,
                current_job_id(),
                call.idempotency_key,
                at_seconds,
                len(self.scheduler.operations) - 1,
            )
        )
        self._received += self.scheduler.takes_part(call.worker)
        if self._received > self._sends:
            self.scheduler.stop(
                Broken("mail goes out by send_email", "SendGrid was called past send_email")
            )
        asked_seconds = self.asks_to_wait[len(self.tries) % len(self.asks_to_wait)]
        self.services.sendgrid.retry_after_seconds = asked_seconds
        act = self._act(call.worker, Act.RATE_LIMITED)
        is_sent = bool(self.services.sendgrid.ledger.deliveries)
        if down := self.down or (self.down_once_sent if is_sent else ()):
            return down[len(self.tries) % len(down)]
        if act is Act.GO or self._has_had_enough():
            return None
        return _FAULTS[act]

    def _fails(self) -> bool:
        act = self._act(current_worker_id(), Act.ERROR)
        return act is Act.ERROR and not self._has_had_enough()

    def _act(self, worker: str, error: Act) -> Act:
        """Return what is to become of the call: what was chosen, or bad luck."""
        act, self.scheduler.fault = self.scheduler.fault, Act.GO
        return error if act is Act.GO and worker == self.unlucky else act

    def _has_had_enough(self) -> bool:
        """Return whether the job in hand has met as many errors as one job may, or count one."""
        job = current_job_id()
        if self._errors_of[job] >= self.errors_max:
            return True
        self._errors_of[job] += 1
        self.on_error(self._errors_of[job])
        return False

    def _note_answer(self, operation: Operation) -> None:
        actor = self.actors.get(operation.worker)
        if actor and actor.call:
            actor.call.last_answer_failed = operation.error is not None
            actor.call.asked.add(operation.call)
            if operation.error:
                actor.call.asked_in_vain.add(operation.call)
        if operation.error is None and operation.job is not None:
            self.answers.note(operation.job, operation.call)
        if operation.call == "send_email":
            if operation.error is None:
                self.on_sent(operation.worker)
            # Several calls may be under way with one key.
            for mail in reversed(self.tries):
                if self._operation_of(mail) is operation:
                    mail.answered_seconds = asyncio.get_running_loop().time()
                    break

    def _operation_of(self, mail: Try) -> Operation:
        _, operation = self.scheduler.operations[mail.operations_before]
        return operation

    # -- moves

    def _skip_moves(self) -> None:
        if "moves" in self.watches:
            rows = self.select("SELECT coalesce(max(number), 0) FROM moves").rows
            self._moves_seen = int(str(rows[0][0]))

    def _check_moves(self, operation: Operation) -> None:
        """Stop the run at the first move of a job that is wrong."""
        rows = self.select("SELECT * FROM moves WHERE number > ?", self._moves_seen).rows
        for move in (Move(*row) for row in rows):  # type: ignore[arg-type]
            self._moves_seen = move.number
            self._moved_by[move.job_id] = operation
            old_copy = self._old_copy(move, operation.worker)
            broken = wrong_change(move)
            if not broken and move.from_step != move.to_step:
                self.moved_on_day = self.days()
                self._operations_since_move = 0
                broken = wrong_advance(move, self._circumstances(move, operation.worker))
            if broken:
                broken.worker = operation.worker
                broken.why = broken.why or old_copy
                self.scheduler.stop(broken)
                return

    def _old_copy(self, move: Move, worker: str) -> str:
        """Say so when the call that moves a job was given it as it was at another step."""
        call = self.actors[worker].call if worker in self.actors else None
        if not call or call.moves or call.job != move.job_id or not call.step:
            return ""
        is_old = call.step != move.from_step
        return f"The call was given the job as it was at {call.step}." if is_old else ""

    def _circumstances(self, move: Move, worker: str) -> Circumstances:
        """Return what is known about a job's leaving its step; it begins the next one by that."""
        call = self.actors[worker].call if worker in self.actors else None
        if call:
            call.moves += 1
        work = self.answers.leave(move.job_id, move.from_step)
        return Circumstances(
            moves_of_call=call.moves if call else 1,
            job_of_call=call.job if call else move.job_id,
            is_delivered=self._is_delivered(move.job_id),
            unanswered=self.answers.missing(move.job_id, call.asked_in_vain if call else ()),
            usual_work=self.work_of_steps.get(move.from_step, frozenset()),
            # A call may ask before it knows which step the job is at, and do without the answer.
            work=frozenset(work | call.asked if call else work),
        )

    def _is_delivered(self, job_id: int) -> bool:
        """Return whether there is a mail for this job, and each of its customer's that moved on."""
        sql = """
            SELECT customer_email, count(*) FROM jobs
            WHERE customer_email = (SELECT customer_email FROM jobs WHERE id = ?)
              AND current_step != 'send_email'
        """
        # There is no row when it was deleted since: its next move tells that.
        ((email, moved_on),) = self.select(sql, job_id).rows
        return not moved_on or self.deliveries_to(str(email)) >= int(str(moved_on))


def _may_change(operation: Operation) -> bool:
    """Return whether it can change the database."""
    return operation.kind == "database" and not only_reads(operation.call)


def _set_done(end: asyncio.Future[None], _: object) -> None:
    if not end.done():
        end.set_result(None)
