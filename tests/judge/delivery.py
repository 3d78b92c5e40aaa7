"""The rest of production around a function: claims, time, the reaper, again and again."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from infra.models import Job, JobStatus
from tests.judge.actor import Actor
from tests.judge.broken import Broken
from tests.judge.stage import Stage

TRIES_MIN = 5
"""So often, at least, a mail must have been tried before a job is given up for good."""

CLAIMS_MAX = 16
"""So often, at most, a job has to be claimed until it is finished, if its customer has replied."""

POLLS_MAX = 700
"""Who polls for a reply every five minutes, for two days, claims a job 576 times."""

PATIENCE_SECONDS = 3600
"""After so long the reaper has come."""
_SETTLED = ("status", "current_step", "worker_id", "retry_count")
"""What nobody but a job's own worker changes."""


async def work_off(
    stage: Stage,
    act: Callable[[Actor, Job], Awaitable[None]],
    *,
    crew: list[Actor] | None = None,
    claims_max: int = CLAIMS_MAX,
) -> None:
    """Let workers claim and act in turn, two if not said which, until all jobs are finished.

    Waits until a job is due, and lets the reaper come when a worker has died or has left its job.
    Raises Broken when that has no end.
    """

    async def claim_and_act(actor: Actor) -> None:
        job = await actor.take()
        if job is not None:
            await act(actor, job)

    crew = crew or [stage.actor(), stage.actor()]
    for turn in range(claims_max):
        if not stage.open_jobs():
            return
        due_in_seconds = stage.next_due()
        if due_in_seconds is None:
            await stage.pass_time(PATIENCE_SECONDS)
            await stage.reap()
        elif due_in_seconds > 0:
            # Past the second: CURRENT_TIMESTAMP has no fraction.
            await stage.pass_time(due_in_seconds + 2)
        place = turn % len(crew)
        if crew[place].is_dead:
            crew[place] = stage.actor()
        await stage.together((crew[place], claim_and_act))
        await stage.pass_time(2)
    if not stage.open_jobs():
        return
    job = stage.jobs("status IN ('pending', 'processing')")[0]
    raise Broken(
        "every job is finished in the end",
        f"job {job.id} is still {job.status} at {job.current_step} after {claims_max} claims",
    )


async def hand_over(stage: Stage, slow: Actor, quick: Actor) -> tuple[Job | None, Job | None]:
    """Let a slow worker's job be reaped, and claimed by another one; return it as each has it.

    `None` for a worker who gets no job: a solution may still see to one that it was done with.
    """
    stale = await slow.take()
    await stage.pass_time(PATIENCE_SECONDS)
    await stage.reap()
    return stale, await quick.take()


async def send_all(stage: Stage, crew: list[Actor] | None = None) -> None:
    """Let workers send until every job's mail is out, as production would; check nothing."""

    async def send(actor: Actor, job: Job) -> None:
        if await actor.send(job):
            complete(stage, job)

    claims_max = CLAIMS_MAX + 2 * stage.open_jobs()
    await work_off(stage, send, crew=crew, claims_max=claims_max)


@contextmanager
def others_left_alone(stage: Stage, job: Job) -> Iterator[None]:
    """Check that what one worker does inside the block, by itself, changes no job but its own."""
    before = _others(stage, job)
    yield
    after = _others(stage, job)
    for number, row in before.items():
        if after.get(number) != row:
            raise Broken(
                "other jobs are left as they are",
                f"job {number} was changed: {_changes(row, after.get(number))}",
                why=f"The call was for job {job.id}.",
            )


def _others(stage: Stage, job: Job) -> dict[object, Sequence[object]]:
    sql = f"SELECT id, {', '.join(_SETTLED)} FROM jobs WHERE id != ?"
    return {number: row for number, *row in stage.select(sql, job.id).rows}


def _changes(before: Sequence[object], after: Sequence[object] | None) -> str:
    if after is None:
        return "it is no more"
    fields = zip(_SETTLED, before, after, strict=True)
    return ", ".join(f"{name} from {old!r} to {new!r}" for name, old, new in fields if old != new)


def complete(stage: Stage, job: Job) -> None:
    """Let the job be done, so that nobody claims it again."""
    stage.change("UPDATE jobs SET status = 'completed' WHERE id = ?", job.id)


async def send_now_and_then(
    stage: Stage, times_max: int, check: Callable[[], None] = lambda: None
) -> None:
    """Let one worker after another claim, when a job is due, and send; the reaper comes too.

    Ends when a mail has gone out. After each call `check` is called.
    """

    async def send(actor: Actor) -> None:
        job = await actor.take()
        if job:
            await actor.send(job)
            check()

    for _ in range(times_max):
        if stage.services.sendgrid.ledger.deliveries:
            return
        await stage.alone(send)
        await stage.pass_time(max(stage.next_due() or 0, PATIENCE_SECONDS) + 2)
        await stage.reap()


async def send_and_check(stage: Stage, actor: Actor, job: Job) -> bool:
    """Let the actor send the job's mail, and check what it returns and leaves behind."""
    before = stage.job(job.id)
    sent = await actor.send(job)
    row = stage.job(job.id)
    if sent:
        _check_sent(stage, row)
        complete(stage, job)  # as process_job does when the mail is out
    else:
        _check_not_sent(stage, before, row)
    return sent


def _check_sent(stage: Stage, row: Job) -> None:
    if not stage.deliveries_to(row.customer_email):
        raise Broken("True only when SendGrid has the mail", "True, and no mail has gone out")
    if row.status == JobStatus.FAILED:
        raise Broken("True, and a job that can go on", "True, and the job is failed")


def _check_not_sent(stage: Stage, before: Job, row: Job) -> None:
    if row.status == JobStatus.PROCESSING:
        raise Broken(
            "a mail that was not sent leaves the job pending, for a later claim",
            "returned False, and the job is still processing",
            why="Nobody works on it, and nobody else can claim it.",
        )
    if row.status == JobStatus.PENDING and row.retry_count <= before.retry_count:
        raise Broken(
            "retry_count is raised when the job is left for a later claim",
            f"the job is pending, and retry_count is {row.retry_count}, as before",
        )
    if row.status == JobStatus.FAILED:
        check_given_up(stage, row)
    if row.status == JobStatus.COMPLETED:
        raise Broken("a job that was not sent is not completed", "it is completed")


def check_given_up(stage: Stage, row: Job, *, tries_before: int = 0) -> None:
    """Check that a job that is failed was tried often enough, and says why it is."""
    tries = tries_before + sum(1 for mail in stage.tries if mail.job == row.id)
    if tries < TRIES_MIN:
        raise Broken(
            "a transient error does not fail the job before five tries",
            f"the job is failed after {tries} {'try' if tries == 1 else 'tries'}",
        )
    check_message(row)


def check_message(row: Job) -> None:
    """Check that a failed job says why."""
    if not (row.error_message or "").strip():
        raise Broken("a failed job has an error_message", "it has none")
