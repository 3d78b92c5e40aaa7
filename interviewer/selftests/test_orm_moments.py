"""Datetimes: aware and in UTC in Python, comparable text in SQLite."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from infra import now
from infra.database import execute_sql
from infra.models import Campaign, Job
from interviewer.selftests.world import World, in_a_world, value_of

ONE_JOB = "INSERT INTO jobs (campaign_id, customer_email) VALUES (1, 'ada@example.com');"
INDIA = timezone(timedelta(hours=5, minutes=30))
MOMENT = datetime(2030, 1, 1, 18, 30, 15, 123456, tzinfo=UTC)
TEXT = "2030-01-01 18:30:15.123456"

ways_to_say_it = pytest.mark.parametrize(
    "said",
    [
        MOMENT,
        MOMENT.astimezone(INDIA),
        MOMENT.replace(tzinfo=None),
        TEXT,
        "2030-01-01T18:30:15.123456Z",
        "2030-01-02T00:00:15.123456+05:30",
    ],
)


@ways_to_say_it
@in_a_world(ONE_JOB)
async def test_a_moment_is_kept_and_returned_in_utc(world: World, said: Any) -> None:
    """Aware, naive (taken to be in UTC) or ISO text: the same moment, by every way in."""
    created = await Job.create(campaign_id=1, customer_email="b@example.com", scheduled_for=said)
    await Job.filter(id=1).update(scheduled_for=said)
    assigned = await Job.create(campaign_id=1, customer_email="c@example.com")
    assigned.scheduled_for = said
    await assigned.save()

    rows = await Job.order_by("id").all()
    assert [job.scheduled_for for job in (created, assigned, *rows)] == [MOMENT] * 5
    assert {job.scheduled_for.tzinfo for job in rows if job.scheduled_for} == {UTC}
    assert await execute_sql("SELECT DISTINCT scheduled_for AS kept FROM jobs") == [{"kept": TEXT}]


@ways_to_say_it
@in_a_world(ONE_JOB)
async def test_a_moment_is_found_however_it_is_said(world: World, said: Any) -> None:
    """Lookups take a moment in every form that a field does."""
    await Job.filter(id=1).update(scheduled_for=MOMENT)

    found = [
        await Job.filter(scheduled_for=said).count(),
        await Job.filter(scheduled_for__lt=said).count(),
        await Job.filter(scheduled_for__gte=said).count(),
        await Job.filter(scheduled_for__in=[said]).count(),
    ]

    assert found == [1, 0, 1, 1]


@in_a_world(ONE_JOB)
async def test_what_sqlite_writes_is_read_as_utc(world: World) -> None:
    """Text that SQL made, with or without fractions of a second, is an aware moment."""
    moments = []
    for sql in ("CURRENT_TIMESTAMP", "datetime('now')", "'2030-01-01'", "'2030-01-01 09:00:00.5'"):
        await execute_sql(f"UPDATE jobs SET started_at = {sql}")
        moments.append((await Job.get(id=1)).started_at)

    nine = datetime(2030, 1, 1, 9, tzinfo=UTC)
    midnight, later = nine.replace(hour=0), nine + timedelta(milliseconds=500)
    assert moments == [nine, nine, midnight, later]


@in_a_world(ONE_JOB)
async def test_moments_compare_with_sqls_own(world: World) -> None:
    """A moment just past is before `datetime('now')`, one to come is after it."""
    await Job.create(
        campaign_id=1, customer_email="b@example.com", scheduled_for=now() - timedelta(seconds=2)
    )
    await Job.create(
        campaign_id=1, customer_email="c@example.com", scheduled_for=now() + timedelta(seconds=2)
    )
    due = "SELECT id FROM jobs WHERE scheduled_for < {} ORDER BY id"

    by_sql = [
        [row["id"] for row in await execute_sql(due.format(sql))]
        for sql in ("CURRENT_TIMESTAMP", "datetime('now')", "datetime('now', '+5 seconds')")
    ]

    assert by_sql == [[2], [2], [2, 3]]
    assert [job.id for job in await Job.filter(scheduled_for__lt=now()).all()] == [2]


@in_a_world()
async def test_created_at_is_now(world: World) -> None:
    """The table's own moment is kept as all others are, and tells the simulated time."""
    campaign = await Campaign.create(name="Spring news", user_id=1)

    kept = str(await value_of("SELECT created_at FROM campaigns WHERE id = ?", campaign.id))

    assert re.fullmatch(r"2030-01-01 09:00:00\.\d{6}", kept)
    assert campaign.created_at == datetime.fromisoformat(f"{kept}+00:00")
    assert (await Campaign.get(id=1)).created_at == datetime(2030, 1, 1, 9, tzinfo=UTC)


@in_a_world(ONE_JOB)
async def test_moments_order_rows(world: World) -> None:
    """A whole second sorts before its fractions, and none at all before both."""
    for number, seconds in ((2, 0.5), (3, 0.0), (4, 60.0)):
        await Job.create(
            id=number,
            campaign_id=1,
            customer_email="b@example.com",
            scheduled_for=MOMENT.replace(microsecond=0) + timedelta(seconds=seconds),
        )

    ordered = [job.id for job in await Job.order_by("scheduled_for").all()]

    assert ordered == [1, 3, 2, 4]
