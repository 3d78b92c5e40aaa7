"""The workflow of a job, and what is checked of it: after a call, and in the end."""

from collections import Counter

from infra.models import Job, JobStatus, JobStepName
from tests.judge.actor import Actor
from tests.judge.broken import Broken
from tests.judge.delivery import work_off
from tests.judge.stage import Stage
from tests.judge.world import Watch

STEPS = ("send_email", "analyze", "take_action")
MOVES: frozenset[Watch] = frozenset({"moves"})
_ENDS = {(JobStepName.DONE, JobStatus.COMPLETED), (JobStepName.DONE, JobStatus.PENDING)}


def wrong_state(stage: Stage, row: Job, expected: str, message: str | None = None) -> Broken:
    """Return that a job is not as expected, with the line that has made it so."""
    got = f"{state_of(row)}: {message}" if message else state_of(row)
    return Broken(expected, got, line=stage.line_of_move(row.id))


def state_of(row: Job) -> str:
    """Return where a job is, for a person."""
    return f"job {row.id} is {row.status} at {row.current_step}"


def check_left(stage: Stage, row: Job) -> None:
    """Check how a call has left the job: for others to claim, or at its end.

    A step may be put back, as one that waits for the customer's reply: the job must only come to
    its end some day.
    """
    if row.current_step == JobStepName.DONE or row.status == JobStatus.COMPLETED:
        if (row.current_step, row.status) not in _ENDS:
            raise wrong_state(stage, row, "after the last step the job is completed at done")
    elif row.status != JobStatus.PENDING:
        raise wrong_state(stage, row, "after a step the job is pending, for any worker to claim")


def check_not_left(stage: Stage) -> None:
    """Check that all who were at work on the job, and are through, have not just left it."""
    was_troubled = any(call.error or call.last_answer_failed for call in stage.calls)
    row = stage.job()
    if row.status == JobStatus.PROCESSING and not was_troubled and not stage.scheduler.dead:
        raise Broken(
            "after a step the job is pending, for any worker to claim",
            f"{state_of(row)}, and every call for it has returned",
            why="Nobody works on it any more, and nobody else can claim it.",
        )


def check_finished(stage: Stage) -> None:
    """Check that every job is completed at done, and every customer was mailed once for each."""
    rows = stage.jobs()
    jobs_of = Counter(row.customer_email for row in rows)
    for row in rows:
        if (row.status, row.current_step) != (JobStatus.COMPLETED, JobStepName.DONE):
            raise wrong_state(stage, row, "in the end every job is completed at done")
        delivered, wanted = stage.deliveries_to(row.customer_email), jobs_of[row.customer_email]
        if delivered != wanted:
            raise Broken(
                f"exactly {'one mail' if wanted == 1 else f'{wanted} mails'} to "
                f"{row.customer_email}",
                f"{delivered or 'no'} mail{'s' * (delivered != 1)}",
                line=stage.line_of_last_mail(row.customer_email),
            )


def copy_of(job: Job) -> Job:
    """Return the job as another worker would have read it."""
    return Job(**job.__dict__)


async def process_one(actor: Actor, job: Job) -> None:
    """Let the worker process the job, whatever comes of it."""
    await actor.process(job)


async def process_all(actor: Actor, jobs: list[Job]) -> None:
    """Let the worker process copies of these, one after another."""
    for job in jobs:
        await actor.process(copy_of(job))


async def come_to_the_end(stage: Stage) -> None:
    """Check that nobody has left the job, then have it brought to its end, and check that."""
    check_not_left(stage)
    stage.hurries = False
    await work_off(stage, process_one)
    check_finished(stage)
