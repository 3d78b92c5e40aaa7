"""Lookups: which rows `filter` finds."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.models import Campaign, CampaignStatus, Job, JobStatus
from infra.orm import QuerySet
from interviewer.selftests.world import World, in_a_world

FOUR_JOBS = """
    INSERT INTO jobs (campaign_id, customer_email, status, worker_id, retry_count, scheduled_for)
    VALUES (1, 'ada@example.com',     'pending',    NULL,       0, NULL),
           (1, 'o''neill@example.com', 'processing', 'worker-1', 1, '2030-01-01 09:00:00.000000'),
           (1, 'zoë@example.com',     'failed',     'worker-2', 2, '2030-01-01 09:00:00.000001'),
           (1, 'bob@example.com',     'completed',  NULL,       3, '2030-01-02 00:00:00.000000');
"""
NINE = datetime(2030, 1, 1, 9, tzinfo=UTC)


async def ids(jobs: QuerySet[Job]) -> list[int]:
    return [job.id for job in await jobs.order_by("id").all()]


@pytest.mark.parametrize(
    ("lookups", "found"),
    [
        ({}, [1, 2, 3, 4]),
        ({"status": "failed"}, [3]),
        ({"status": JobStatus.FAILED}, [3]),
        ({"customer_email": "o'neill@example.com"}, [2]),
        ({"customer_email": "zoë@example.com"}, [3]),
        ({"retry_count__ne": 1}, [1, 3, 4]),
        ({"retry_count__lt": 2}, [1, 2]),
        ({"retry_count__lte": 2}, [1, 2, 3]),
        ({"retry_count__gt": 2}, [4]),
        ({"retry_count__gte": 2}, [3, 4]),
        ({"retry_count__gt": 0, "retry_count__lt": 3}, [2, 3]),
        ({"scheduled_for": NINE}, [2]),
        ({"scheduled_for__lte": NINE}, [2]),
        ({"scheduled_for__gt": NINE}, [3, 4]),
        ({"status": "pending", "id": 2}, []),
    ],
)
@in_a_world(FOUR_JOBS)
async def test_lookups_compare(world: World, lookups: dict[str, Any], found: list[int]) -> None:
    """A row is found when it matches every lookup; one that is NULL is neither less nor more."""
    assert await ids(Job.filter(**lookups)) == found


@pytest.mark.parametrize(
    ("lookups", "found"),
    [
        ({"worker_id": None}, [1, 4]),
        ({"worker_id__ne": None}, [2, 3]),
        ({"worker_id__ne": "worker-1"}, [1, 3, 4]),
        ({"worker_id__isnull": True}, [1, 4]),
        ({"worker_id__isnull": False}, [2, 3]),
        ({"worker_id__in": [None]}, [1, 4]),
        ({"worker_id__in": [None, "worker-1"]}, [1, 2, 4]),
        ({"worker_id__in": ["worker-1"]}, [2]),
        ({"worker_id__in": [None, *map(str, range(501))]}, [1, 4]),
        ({"scheduled_for__in": [NINE, None]}, [1, 2]),
    ],
)
@in_a_world(FOUR_JOBS)
async def test_none_is_a_value_like_any_other(
    world: World, lookups: dict[str, Any], found: list[int]
) -> None:
    """None equals NULL, and differs from every value, as in Python."""
    assert await ids(Job.filter(**lookups)) == found


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([], []),
        (["pending", "failed"], [1, 3]),
        (("pending", "pending"), [1]),
        ({JobStatus.PENDING, "completed"}, [1, 4]),
        (frozenset(JobStatus), [1, 2, 3, 4]),
        ({"failed": 1}.keys(), [3]),
        (["failed"] * 501, [3]),
        ([JobStatus.FAILED] * 501, [3]),
    ],
)
@in_a_world(FOUR_JOBS)
async def test_in_takes_whatever_holds_values(
    world: World, values: Iterable[Any], found: list[int]
) -> None:
    """`__in` takes lists, sets and generators, of enums and texts; in an empty one is nothing."""
    generator = (value for value in values)

    assert await ids(Job.filter(status__in=values)) == found
    assert await ids(Job.filter(status__in=generator)) == found


@in_a_world(FOUR_JOBS)
async def test_in_takes_more_values_than_sqlite_has_places(world: World) -> None:
    """A list of 40,000 addresses is one statement, with quotes and umlauts as they are."""
    emails = [f"customer.{number}@example.com" for number in range(40_000)]
    emails[20_000:20_002] = ["o'neill@example.com", "zoë@example.com"]

    by_email = await ids(Job.filter(customer_email__in=emails))
    by_id = await ids(Job.filter(id__in=range(4, 40_004)))
    by_moment = await ids(Job.filter(scheduled_for__in=[NINE] * 40_000))

    assert (by_email, by_id, by_moment) == ([2, 3], [4], [2])
    assert [len(operation.arguments) for operation in world.overseer.operations] == [1, 1, 1]


@pytest.mark.parametrize("many", [499, 500, 501])
@in_a_world(FOUR_JOBS)
async def test_in_is_the_same_however_long_the_list(world: World, many: int) -> None:
    """Where a long list takes another way to SQLite, it finds what a short one does."""
    assert await ids(Job.filter(id__in=range(2, 2 + many))) == [2, 3, 4]


@in_a_world(FOUR_JOBS)
async def test_filters_add_up(world: World) -> None:
    """A filter of a filter finds what matches both, also when both ask about one field."""
    either = Job.filter(status__in=["failed", "completed"])

    found = [
        await ids(either.filter(retry_count__lt=3)),
        await ids(either.filter(status__ne="failed")),
        await ids(either.filter(status="pending")),
    ]

    assert found == [[3], [4], []]


@in_a_world()
async def test_enums_and_texts_are_interchangeable(world: World) -> None:
    """Wherever a member goes its value goes too, and what comes back is the member."""
    campaigns = [
        await Campaign.create(name="A", user_id=1, status=CampaignStatus.PAUSED),
        await Campaign.create(name="B", user_id=1, status="paused"),
    ]
    await Campaign.filter(id=campaigns[0].id).update(status="draft")
    await Campaign.filter(id=campaigns[1].id).update(status=CampaignStatus.DRAFT)
    campaigns[1].status = "archived"
    archived = campaigns[1].status
    await campaigns[1].save()

    statuses = [campaign.status for campaign in await Campaign.order_by("id").all()]
    assert statuses == [CampaignStatus.ACTIVE, CampaignStatus.DRAFT, CampaignStatus.ARCHIVED]
    assert [type(status) for status in (*statuses, archived)] == [CampaignStatus] * 4
