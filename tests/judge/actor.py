"""The actors: workers, each with a copy of the solution of its own."""

import inspect
from dataclasses import dataclass, field
from datetime import timedelta
from types import ModuleType
from typing import TYPE_CHECKING

from infra.clock import now
from infra.context import as_worker, processing
from infra.database import execute_sql
from infra.errors import in_short
from infra.mistakes import unawaited
from infra.models import Job
from infra.operations import Operation
from infra.orm.unawaited import NotAwaited
from infra.simulation import Crash
from tests.judge.broken import Broken
from tests.judge.watchdog import Stuck

if TYPE_CHECKING:
    from tests.judge.stage import Stage

_IN_A_HURRY = timedelta(days=1000)

_CLAIM = """
    UPDATE jobs
    SET status = 'processing', worker_id = ?, started_at = ?,
        scheduled_for = min(scheduled_for, ?)
    WHERE id = (
        SELECT id FROM jobs
        WHERE status = 'pending' AND (scheduled_for IS NULL OR scheduled_for <= ?)
        ORDER BY id LIMIT 1
    )
    RETURNING *
"""


@dataclass(slots=True, eq=False)
class Call:
    """One call of one of the four functions. `error` is what it raised, `None` if nothing."""

    worker: str
    function: str
    job: int | None
    step: str | None
    """At which step the Job was that it was given."""
    value: object = None
    error: BaseException | None = None
    done: bool = False
    moves: int = 0
    """How many steps it has moved its job on."""
    saw_none_available: bool = False
    """Whether no job was available at a moment of it, where that is watched."""
    last_answer_failed: bool = False
    """Whether its last call to a service failed."""
    asked: set[str] = field(default_factory=set)
    """The services that it has called."""
    asked_in_vain: set[str] = field(default_factory=set)
    """Those that have failed it, be it once."""


class Actor:
    """One worker process, with a copy of the solution of its own."""

    def __init__(self, stage: "Stage", number: int):
        self.id = f"worker-{number}"
        self._stage = stage
        self._module: ModuleType | None = None
        self.call: Call | None = None

    @property
    def is_dead(self) -> bool:
        """Whether it has died."""
        return self.id in self._stage.scheduler.dead

    async def claim(self) -> Job | None:
        """Let it claim. Raises Broken for an error, and for what is neither a Job nor None."""
        call = await self._do("claim_next_job", None)
        self._stage.no_error(call, "a Job, or None")
        if call.value is not None and not isinstance(call.value, Job):
            raise Broken(
                "a Job, or None when no job is available", f"returned {_short(call.value)}"
            )
        return call.value

    async def create(self, campaign_id: int, emails: list[str]) -> Call:
        """Let it create jobs."""
        return await self._do("create_campaign_jobs", None, campaign_id, emails)

    async def send(self, job: Job) -> bool:
        """Let it send the job's mail. Raises Broken for an error, and for what is no bool."""
        call = await self._do("send_email_step", job.id, job)
        self._stage.no_error(call, "True or False, whatever SendGrid does")
        if not isinstance(call.value, bool):
            raise Broken("True or False", f"returned {_short(call.value)}")
        return call.value

    async def process(self, job: Job) -> Call:
        """Let it process the job. What it raises is in the call."""
        return await self._do("process_job", job.id, job)

    async def take(self) -> Job | None:
        """Claim a job by the kit's own claim, or by the solution's where the stage says so."""
        if self._stage.own_claims:
            if self._stage.hurries:
                self._stage.change("UPDATE jobs SET scheduled_for = NULL WHERE status = 'pending'")
            return await self.claim()
        with as_worker(self.id):
            moment = now()
            # Nobody is given a job whose time has not come: what is claimed in a hurry is due.
            due = moment + _IN_A_HURRY if self._stage.hurries else moment
            claimed = await execute_sql(_CLAIM, [self.id, moment, moment, due], Job)
        return claimed[0] if claimed else None

    async def reap(self) -> None:
        """Be the reaper: bring back what has been processing for ten minutes."""
        with as_worker(self.id):
            await self._stage.reap()

    def let_go(self) -> None:
        """Forget its copy of the solution, whose functions know it in turn."""
        if self._module:
            vars(self._module).clear()
        del self._module, self._stage

    async def _do(self, name: str, job_id: int | None, *arguments: object) -> Call:
        """Call one of the functions. Raises Crash when it died meanwhile."""
        if self._module is None:
            with as_worker(self.id):
                self._module = self._stage.subject.copy(self.id)
        function = getattr(self._module, name)
        jobs = (given for given in arguments if isinstance(given, Job))
        step = next((job.__dict__.get("current_step") for job in jobs), None)
        call = self.call = Call(self.id, name, job_id, step)
        self._stage.calls.append(call)
        self._stage.called(call)
        try:
            with as_worker(self.id), processing(job_id):
                call.value = await function(*arguments)
                await self._stage.scheduler.returning(_returning(self.id, job_id))
        except BaseExceptionGroup as errors:
            stuck = errors.subgroup(Stuck)
            if stuck and self._stage.scheduler.stopped_by:
                raise _first_of(stuck) from None
            call.error = errors
        except BaseException as error:
            if isinstance(error, Stuck) and self._stage.scheduler.stopped_by:
                raise
            # Also what means something to the judge, when it comes from the solution.
            call.error = error
        if self.is_dead or self._stage.scheduler.is_over:
            raise Crash(self.id)
        call.done = True
        return call


def _returning(worker: str, job_id: int | None) -> Operation:
    return Operation(worker, "sleep", "return", (), job_id)


def _first_of(errors: BaseExceptionGroup[Stuck]) -> Stuck:
    first = errors.exceptions[0]
    return first if isinstance(first, Stuck) else _first_of(first)


def _short(value: object) -> str:
    if inspect.iscoroutine(value) or isinstance(value, NotAwaited):
        return f"what is no result yet: {unawaited(value)}"
    if inspect.isroutine(value):
        return in_short(value)
    text = repr(value)
    return f"{text[:80]}{'…' * (len(text) > 80)} ({type(value).__name__})"
