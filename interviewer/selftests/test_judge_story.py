"""The story of a failure: what each operation was, what it gave, and where it went another way."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from infra.database import execute_sql
from infra.models import Job
from infra.services import send_email
from infra.simulation.scheduler import Act, Limits
from infra.simulation.strategies import Guided
from interviewer.selftests.toys import Toy, count, set_count
from tests.judge.failure import Row
from tests.judge.story import ROUND_TRIP_MS, ROWS_MAX, tell
from tests.judge.theatre import Played

UPDATE = "UPDATE campaigns SET user_id = {} WHERE id = 1"
SELECT = "SELECT user_id FROM campaigns WHERE id = 1"


async def read_and_write() -> None:
    await set_count(await count() + 1)


async def reads_often() -> None:
    for _ in range(40):
        await count()


async def sends() -> None:
    await Job.filter(status="pending").count()
    await execute_sql("SELECT id FROM jobs")
    try:
        await send_email("ada@example.com", "Hello", "key")
    except TimeoutError:
        await set_count(1)


async def sends_in_haste() -> None:
    try:
        await asyncio.wait_for(send_email("ada@example.com", "Hello", "key"), 2)
    except TimeoutError:
        await set_count(1)


def story_of(played: Played, *deviating: int) -> Sequence[Row]:
    return tell(played.stage.scheduler, deviating)


def test_each_operation_is_a_row() -> None:
    """In order, with the time as its worker would have waited for each answer."""
    played = Toy(read_and_write, read_and_write, limits=Limits(1)).play(Guided([(0, 1)]))

    assert story_of(played, 1) == [
        Row(0.0, "worker-1", SELECT, "user_id 0", marked=False),
        Row(0.0, "worker-2", SELECT, "user_id 0", marked=True),
        Row(ROUND_TRIP_MS, "worker-2", UPDATE.format(1), "1 row", marked=False),
        Row(ROUND_TRIP_MS, "worker-1", UPDATE.format(1), "1 row", marked=False),
    ]


def test_a_death_is_told() -> None:
    """Where a worker dies there is a row that says so, and it does nothing after it."""
    played = Toy(read_and_write, count, limits=Limits(crashes=1)).replay("w1*1.w1x")

    assert [(row.worker, row.operation, row.marked) for row in story_of(played, 1)] == [
        ("worker-1", SELECT, False),
        ("worker-1", "dies", True),
        ("worker-2", SELECT, False),
    ]


def test_a_fault_is_told_by_what_really_happened() -> None:
    """The story knows whether a mail that timed out was delivered; the solution does not."""
    toy = Toy(sends, limits=Limits(faults=1))
    toy.world = replace(toy.world, faults=(Act.TIMEOUT_AFTER_DELIVERY,))

    rows = story_of(toy.replay("w1*2.w1a"), 2)

    assert [(row.operation.partition("(")[0], row.result) for row in rows[1:3]] == [
        ("SELECT id FROM jobs", "0 rows"),
        ("send_email", "TimeoutError, but delivered"),
    ]
    assert [(row.ms, row.marked) for row in rows[2:]] == [(2.4, True), (10_000.0, False)]


def test_a_call_that_was_not_waited_for_is_told() -> None:
    """What the solution's own timeout has cut short is no answer, and may have gone out."""
    toy = Toy(sends_in_haste, limits=Limits(faults=1))
    toy.world = replace(toy.world, faults=(Act.TIMEOUT_AFTER_DELIVERY,))

    rows = story_of(toy.replay("w1a"), 0)

    assert [(row.ms, row.result) for row in rows] == [
        (0.0, "cut short, but delivered"),
        (2000.0, "1 row"),
    ]


def test_a_long_story_is_shortened() -> None:
    """What was marked is kept, with its neighbours, the beginning and the end."""
    played = Toy(reads_often).play()

    rows = story_of(played, 20)

    assert len(rows) <= ROWS_MAX
    assert [row.operation for row in rows if not row.worker] == ["… 18 more …", "… 13 more …"]
    assert [row.ms for row in rows if row.marked] == [24.0]
    assert rows[-1].ms == 46.8
