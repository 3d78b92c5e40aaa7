"""A query without its `await`: it says so, and where, as soon as it is used or dropped."""

import asyncio
import gc
import linecache
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from infra.models import Job
from interviewer.selftests.world import World, in_a_world

ONE_JOB = "INSERT INTO jobs (campaign_id, customer_email) VALUES (1, 'ada@example.com');"
NO_ROWS_YET = (
    "a query set of Job holds no rows yet: write `await ….all()`, `.first()` or `.count()`"
)

ROWS_ARE_USED: dict[str, Callable[[Any], object]] = {
    "list": list,
    "for": lambda rows: [row.id for row in rows],
    "if": lambda rows: "some" if rows else "none",
    "not": lambda rows: not rows,
    "len": len,
    "[0]": lambda rows: rows[0],
}
ROW_IS_USED: dict[str, Callable[[Any], object]] = {
    ".status": lambda row: row.status,
    ".save()": lambda row: row.save(),
}


def dropped() -> AbstractContextManager[pytest.WarningsRecorder]:
    return pytest.warns(RuntimeWarning, match="was not awaited, so it did not run")


@pytest.mark.parametrize("use", [*ROWS_ARE_USED, *ROW_IS_USED])
@in_a_world(ONE_JOB)
async def test_a_query_taken_for_its_result_says_so(world: World, use: str) -> None:
    """Reading, looping, counting or testing it names the query, the line and the remedy."""
    act = {**ROWS_ARE_USED, **ROW_IS_USED}[use]
    line = sys._getframe().f_lineno + 1
    query = Job.filter(id=1).all()

    with pytest.raises(AttributeError if use in ROW_IS_USED else TypeError) as caught:
        act(query)

    query.close()
    assert str(caught.value) == (
        f"Job…all() was not awaited, so it did not run: write `await` before it (line {line})"
    )
    assert world.overseer.count == 0


@in_a_world(ONE_JOB)
async def test_every_question_says_so(world: World) -> None:
    """Each method that asks the database names itself and its model."""
    job = await Job.get(id=1)
    questions: list[Callable[[], Any]] = [
        Job.all,
        Job.first,
        Job.count,
        lambda: Job.get(id=1),
        lambda: Job.create(campaign_id=1, customer_email="b@example.com"),
        lambda: Job.filter(id=1).all(),
        lambda: Job.filter(id=1).first(),
        lambda: Job.filter(id=1).get(),
        lambda: Job.filter(id=1).count(),
        lambda: Job.filter(id=1).exists(),
        lambda: Job.filter(id=1).update(status="failed"),
        lambda: Job.filter(id=1).delete(),
        job.save,
        job.refresh,
        job.delete,
    ]

    told = []
    for ask in questions:
        query = ask()
        with pytest.raises(TypeError) as caught:
            bool(query)
        told.append(str(caught.value).partition(" ")[0])
        query.close()

    assert told == [
        *("Job…all()", "Job…first()", "Job…count()", "Job…get()", "Job…create()"),
        *("Job…all()", "Job…first()", "Job…get()", "Job…count()", "Job…exists()"),
        *("Job…update()", "Job…delete()", "Job…save()", "Job…refresh()", "Job…delete()"),
    ]
    assert world.overseer.count == 1


@in_a_world(ONE_JOB)
async def test_a_query_that_is_dropped_warns_of_its_line(world: World) -> None:
    """A forgotten `await job.save()` is a RuntimeWarning with the file and line of the caller."""
    job = await Job.get(id=1)
    job.status = "failed"

    with dropped() as caught:
        job.save()  # type: ignore[unused-coroutine]
        gc.collect()

    (warning,) = caught
    line = linecache.getline(warning.filename, warning.lineno)
    assert (warning.filename, line.split("#")[0].strip()) == (__file__, "job.save()")
    assert str(warning.message) == (
        "Job…save() was not awaited, so it did not run: "
        f"write `await` before it (line {warning.lineno})"
    )
    assert (await Job.get(id=1)).status == "pending"


@in_a_world(ONE_JOB)
async def test_a_query_that_was_awaited_does_not_warn(world: World) -> None:
    """Nor does one that was closed, or that failed."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        await Job.get(id=1)
        Job.get(id=1).close()
        with pytest.raises(Job.DoesNotExist):
            await Job.get(id=9)
        gc.collect()


@in_a_world(ONE_JOB)
async def test_a_query_is_a_coroutine_to_asyncio(world: World) -> None:
    """Tasks, `gather`, `wait_for`, `timeout` and `TaskGroup` take it as any other."""
    query = Job.get(id=1)
    is_coroutine = asyncio.iscoroutine(query)
    awaited = await asyncio.create_task(query)
    gathered = await asyncio.gather(Job.get(id=1), Job.count())
    waited_for = await asyncio.wait_for(Job.get(id=1), timeout=1)
    async with asyncio.timeout(1), asyncio.TaskGroup() as group:
        grouped = group.create_task(Job.get(id=1))

    assert is_coroutine
    assert gathered == [awaited, 1]
    assert awaited == waited_for == grouped.result()


@in_a_world(ONE_JOB)
async def test_an_error_comes_out_of_a_task(world: World) -> None:
    """What the query raises its task raises, and a timeout cancels it."""
    answers = await asyncio.gather(Job.get(id=9), Job.get(id=1), return_exceptions=True)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(Job.get(id=1), timeout=0.0001)

    assert isinstance(answers[0], Job.DoesNotExist)
    assert isinstance(answers[1], Job)


@in_a_world(ONE_JOB)
async def test_a_query_cannot_be_awaited_twice(world: World) -> None:
    """As with any coroutine, the second time is an error."""
    query = Job.count()
    await query

    with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
        await query


@pytest.mark.parametrize("use", ROWS_ARE_USED)
def test_a_query_set_taken_for_a_list_tells_what_to_write(use: str) -> None:
    """A query set has not asked anything yet: using it as its rows says how to get them."""
    with pytest.raises(TypeError) as caught:
        ROWS_ARE_USED[use](Job.filter(id=1))

    assert str(caught.value) == NO_ROWS_YET
