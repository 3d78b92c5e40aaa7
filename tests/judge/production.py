"""A play of production: twenty workers, hundreds of jobs, everything at once."""

import asyncio
from contextlib import suppress

from infra.errors import DatabaseBusyError
from tests.judge.actor import Actor
from tests.judge.broken import Broken
from tests.judge.stage import Stage
from tests.judge.workflow import check_finished, state_of

WORKERS = 20

DAYS_MAX, QUIET_DAYS_MAX = 100, 4
"""When to stop waiting for the end: in all, and when nothing was due and nothing has happened."""

STALLED_AFTER = 8_000
"""So many operations without a step done: more than polling for two replies for two days takes."""


async def everything(stage: Stage) -> None:
    """Let all workers work until all jobs are finished, with a reaper beside them."""
    stage.stalled_after = STALLED_AFTER
    stage.too_long = lambda: _unfinished(stage)
    bell = asyncio.Event()
    shifts = [asyncio.ensure_future(_shift(stage, bell, place)) for place in range(WORKERS)]
    reaper = asyncio.ensure_future(_reap_now_and_then(stage, bell))
    try:
        await asyncio.gather(*shifts)
    finally:
        reaper.cancel()
    check_finished(stage)


def _unfinished(stage: Stage) -> Broken:
    """Return what is wrong when there is no end to it."""
    open_jobs = stage.jobs("status IN ('pending', 'processing')")
    if not open_jobs:
        return Broken("nothing goes on when all jobs are finished", "a task that nobody has ended")
    others = f"{len(open_jobs) - 1} others are not finished"
    return Broken(
        "every job is finished in the end",
        f"after {len(stage.scheduler.operations):,} operations {state_of(open_jobs[0])}, "
        f"and {others if open_jobs[1:] else 'all others are finished'}",
    )


async def _shift(stage: Stage, bell: asyncio.Event, place: int) -> None:
    """One worker after another claims and processes, until all jobs are finished."""

    async def work(actor: Actor) -> None:
        while goes_on():
            job = await actor.take() if stage.next_due() == 0 else None
            if job:
                await actor.process(job)
            else:
                await _doze(stage, bell, place)

    def goes_on() -> bool:
        is_quiet = stage.days() - stage.moved_on_day > QUIET_DAYS_MAX
        return stage.open_jobs() > 0 and stage.days() < DAYS_MAX and not is_quiet

    while goes_on():
        await stage.together((stage.actor(), work))


async def _doze(stage: Stage, bell: asyncio.Event, place: int) -> None:
    """Wait until a job is due, or has been brought back; not all wake at the same moment."""
    due_in_seconds = stage.next_due()
    wait_seconds = 3600 if due_in_seconds is None else due_in_seconds + 2
    # Not asyncio.timeout: before Python 3.11.3 it ends in a CancelledError where a TaskGroup of
    # the solution's has left this task's count of cancellations raised.
    rings = asyncio.ensure_future(bell.wait())
    await asyncio.wait([rings], timeout=wait_seconds + place / 100)
    rings.cancel()
    if due_in_seconds:
        stage.moved_on_day = stage.days()


async def _reap_now_and_then(stage: Stage, bell: asyncio.Event) -> None:
    # Not for ever: when all workers wait for what never comes, that is to be seen.
    while stage.days() < DAYS_MAX:
        await stage.pass_time(1800)
        # A transaction may be open for longer than the reaper waits: it comes again.
        with suppress(DatabaseBusyError):
            if await stage.reap():
                bell.set()
                bell.clear()
