"""Query sets: order, limit, and the questions that end one."""

from typing import Any

import pytest

from infra.errors import FieldError
from infra.models import Campaign, Job, JobStep
from infra.orm import DoesNotExist, MultipleObjectsReturned
from interviewer.selftests.world import World, in_a_world

FOUR_JOBS = """
    INSERT INTO jobs (campaign_id, customer_email, status, retry_count)
    VALUES (1, 'b@example.com', 'pending',   1),
           (1, 'a@example.com', 'pending',   1),
           (1, 'c@example.com', 'completed', 2),
           (1, 'd@example.com', 'pending',   0);
"""
PENDING = Job.filter(status="pending")


@pytest.mark.parametrize(
    ("fields", "ordered"),
    [
        (["customer_email"], [2, 1, 3, 4]),
        (["-customer_email"], [4, 3, 1, 2]),
        (["retry_count", "customer_email"], [4, 2, 1, 3]),
        (["-retry_count", "-id"], [3, 2, 1, 4]),
        (["status", "-retry_count", "id"], [3, 1, 2, 4]),
    ],
)
@in_a_world(FOUR_JOBS)
async def test_order_by_sorts(world: World, fields: list[Any], ordered: list[int]) -> None:
    """Rows come in the order of the first field, then of the next; a minus descends."""
    assert [job.id for job in await Job.order_by(*fields).all()] == ordered


@in_a_world(FOUR_JOBS)
async def test_the_last_order_by_holds(world: World) -> None:
    """Another order takes the place of the one before."""
    jobs = await PENDING.order_by("customer_email").order_by("-id").all()

    assert [job.id for job in jobs] == [4, 2, 1]


@in_a_world(FOUR_JOBS)
async def test_limit_counts_the_rows_that_match(world: World) -> None:
    """A limit is of what is found in its order, wherever in the chain it was said."""
    said_first = await Job.limit(2).order_by("-id").filter(status="pending").all()
    said_last = await PENDING.order_by("-id").limit(2).all()
    none = await PENDING.limit(0).all()

    assert [job.id for job in said_first] == [job.id for job in said_last] == [4, 2]
    assert none == []


@in_a_world(FOUR_JOBS)
async def test_each_call_returns_a_new_query_set(world: World) -> None:
    """What is built on a query set leaves it as it was, so that it can be used again."""
    before = PENDING

    narrower = [PENDING.filter(id=1), PENDING.order_by("-id"), PENDING.limit(1)]

    assert before == PENDING == Job.filter(status="pending")
    assert PENDING not in narrower
    assert [len(await jobs.all()) for jobs in (*narrower, PENDING)] == [1, 3, 1, 3]
    with pytest.raises(AttributeError):
        PENDING.row_limit = 1  # type: ignore[misc]


@in_a_world(FOUR_JOBS)
async def test_first_is_the_first_row_or_none(world: World) -> None:
    """`first` reads one row; where there is none it is None."""
    last = PENDING.order_by("-id")

    found = [await last.first(), await last.limit(0).first(), await last.filter(id=9).first()]

    assert [job and job.id for job in found] == [4, None, None]
    assert world.operations[0] == (
        "SELECT * FROM jobs WHERE status = 'pending' ORDER BY id DESC LIMIT 1"
    )


@in_a_world(FOUR_JOBS)
async def test_count_and_exists_answer_without_the_rows(world: World) -> None:
    """They mind filters and limits, and never read a row."""
    counts = [await PENDING.count(), await PENDING.limit(2).count(), await PENDING.limit(0).count()]
    there = [await PENDING.exists(), await PENDING.filter(id=9).exists()]

    assert (counts, there) == ([3, 2, 0], [True, False])
    assert [type(answer) for answer in there] == [bool, bool]
    assert not [words for words in world.operations if "*" in words.replace("count(*)", "")]


@in_a_world(FOUR_JOBS)
async def test_a_query_set_can_be_awaited_itself(world: World) -> None:
    """`await Job.filter(…)` is `await Job.filter(…).all()`."""
    assert await PENDING == await PENDING.all()


@in_a_world(FOUR_JOBS)
async def test_a_model_answers_for_its_whole_table(world: World) -> None:
    """`Job.all()`, `.first()`, `.count()` and `.limit()` need no filter."""
    first = await Job.first()

    assert [job.id for job in await Job.all()] == [1, 2, 3, 4]
    assert (first and first.id, await Job.count(), len(await Job.limit(3))) == (1, 4, 3)
    assert (await JobStep.first(), await JobStep.all(), await JobStep.count()) == (None, [], 0)


@in_a_world(FOUR_JOBS)
async def test_get_returns_the_one_row(world: World) -> None:
    """`get` finds one row by any lookups, on a model and on a query set."""
    found = [
        await Job.get(id=3),
        await Job.get(status="pending", retry_count__lt=1),
        await PENDING.get(customer_email="a@example.com"),
        await PENDING.filter(retry_count=0).get(),
    ]

    assert [job.id for job in found] == [3, 4, 2, 4]


@pytest.mark.parametrize(
    ("lookups", "message"),
    [
        ({"id": 9}, "no Job has id=9"),
        ({"id": 9, "status": "failed"}, "no Job has id=9, status='failed'"),
    ],
)
@in_a_world(FOUR_JOBS)
async def test_get_says_what_is_not_there(
    world: World, lookups: dict[str, Any], message: str
) -> None:
    """Where there is no row, `get` raises the model's own error, with what was asked."""
    with pytest.raises(Job.DoesNotExist) as caught:
        await Job.get(**lookups)

    assert str(caught.value) == message


@in_a_world(FOUR_JOBS)
async def test_get_says_that_there_are_several(world: World) -> None:
    """Of two rows `get` picks neither; it reads no more than two."""
    with pytest.raises(Job.MultipleObjectsReturned) as caught:
        await Job.get(status="pending")
    with pytest.raises(Job.MultipleObjectsReturned) as caught_bare:
        await PENDING.get()

    assert str(caught.value) == "more than one Job has status='pending'"
    assert str(caught_bare.value) == "more than one Job has been found"
    assert world.operations == ["SELECT * FROM jobs WHERE status = 'pending' LIMIT 2"] * 2


def test_each_model_has_errors_of_its_own() -> None:
    """`except Job.DoesNotExist` does not catch a campaign's; `DoesNotExist` catches all."""
    not_there = [model.DoesNotExist for model in (Campaign, Job, JobStep)]
    several = [model.MultipleObjectsReturned for model in (Campaign, Job, JobStep)]

    assert (len(set(not_there)), len(set(several))) == (3, 3)
    assert all(issubclass(error, DoesNotExist) for error in not_there)
    assert all(issubclass(error, MultipleObjectsReturned) for error in several)
    assert repr(Job.DoesNotExist) == "<class 'infra.models.Job.DoesNotExist'>"


@pytest.mark.parametrize("count", [-1, 2.5, "2", None])
def test_limit_takes_a_whole_number(count: int) -> None:
    """Anything else is refused at once."""
    with pytest.raises(FieldError) as caught:
        Job.limit(count)

    assert str(caught.value) == f"limit takes a whole number from 0 up, not {count!r}"
