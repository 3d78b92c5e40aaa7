"""The reference's Tasks A and B: claiming, and creating jobs."""

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from infra import execute_sql, now, transaction
from infra.context import as_worker
from infra.database import file
from infra.database.sql import prepare
from infra.models import Job, JobStatus
from interviewer.selftests.world import CAMPAIGN, World, in_a_world
from interviewer.solutions import reference

FIVE_JOBS = """
    INSERT INTO jobs (campaign_id, customer_email)
    VALUES (1, 'a@example.com'), (1, 'b@example.com'), (1, 'c@example.com'), (1, 'd@example.com'),
           (1, 'e@example.com');
"""
MANY_JOBS = """
    INSERT INTO jobs (campaign_id, customer_email, status, scheduled_for)
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT {})
    SELECT 1, n || '@example.com', '{}', {} FROM numbers;
"""
NOW = "2030-01-01 09:00:00.000000"
LATER = "'2030-01-03 09:00:00.000000'"
EARLIER = "'2030-01-01 08:00:00.000000'"


async def claim_as(worker_id: str) -> Job | None:
    with as_worker(worker_id):
        return await reference.claim_next_job()


@in_a_world(FIVE_JOBS)
async def test_a_claimed_job_is_the_workers(world: World) -> None:
    """It is processing, stamped with the worker and the time, as returned and as kept."""
    moment = now()

    job = await claim_as("worker-7")

    assert job
    assert job == await Job.get(id=job.id)
    assert (job.status, job.worker_id, job.started_at) == ("processing", "worker-7", moment)
    assert await Job.filter(status="pending", worker_id=None, started_at=None).count() == 4


@in_a_world(FIVE_JOBS)
async def test_of_twenty_workers_five_get_the_five_jobs(world: World) -> None:
    """Each job goes to one worker, nobody goes home early, and a claim is one operation."""
    claims = [claim_as(f"worker-{number}") for number in range(20)]

    claimed = [job for job in await asyncio.gather(*claims) if job]

    kept = await Job.filter(status=JobStatus.PROCESSING).order_by("id").all()
    assert sorted(claimed, key=lambda job: job.id) == kept
    assert (len(kept), len({job.worker_id for job in kept})) == (5, 5)
    assert world.overseer.count == 20 + 1


@in_a_world()
async def test_a_claim_takes_what_is_due_the_earliest_first(world: World) -> None:
    """Due are pending jobs without a time or with one that has come; all else is left alone."""
    rows: list[tuple[int, Any, Any]] = [
        (1, "pending", "2030-01-01 09:00:00.1"),
        (2, "pending", NOW),
        (3, "pending", "2030-01-01 08:59:59.999999"),
        (4, "pending", None),
        (5, "processing", None),
        (6, "completed", NOW),
        (7, "failed", "2029-01-01"),
    ]
    for id_, status, scheduled_for in rows:
        await Job.create(
            id=id_,
            campaign_id=1,
            customer_email="a@example.com",
            status=status,
            scheduled_for=scheduled_for,
        )
    others = await Job.filter(id__in=[1, 5, 6, 7]).all()

    claimed = [await reference.claim_next_job() for _ in range(4)]

    assert [job and job.id for job in claimed] == [4, 3, 2, None]
    assert await Job.filter(id__in=[1, 5, 6, 7]).all() == others


@in_a_world(
    f"INSERT INTO jobs (campaign_id, customer_email, scheduled_for) VALUES (1, 'a', '{NOW}');"
)
async def test_a_job_is_due_at_its_very_moment(world: World) -> None:
    """`scheduled_for` not in the future: when it is now, the job is claimed."""
    job = await reference.claim_next_job()

    assert job
    assert job.started_at == job.scheduled_for


@in_a_world(FIVE_JOBS)
async def test_a_claim_waits_for_a_transaction(world: World) -> None:
    """What another worker has claimed but not committed is not claimed again."""
    claimed: list[Job | None] = []

    async def claim_slowly() -> None:
        async with transaction():
            claimed.append(await claim_as("worker-1"))
            await asyncio.sleep(1)
            claimed.append(await claim_as("worker-1"))

    await asyncio.gather(claim_slowly(), *(claim_as(f"worker-{number}") for number in range(2, 6)))

    jobs = await Job.all()
    assert [job.worker_id for job in jobs if job in claimed] == ["worker-1"] * 2
    assert len({job.worker_id for job in jobs}) == 4


def steps_of_a_claim(fill: str) -> int:
    """How many steps SQLite's machine takes for a claim: a measure that is the same everywhere."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(file.SCHEMA + CAMPAIGN + fill)
        connection.set_progress_handler(count, 1)
        connection.execute(prepare(reference.CLAIM).sql, ["worker-1", NOW, NOW]).fetchall()
    return steps


@pytest.mark.parametrize(
    ("status", "scheduled_for"),
    [("pending", LATER), ("pending", EARLIER), ("pending", "NULL"), ("completed", "NULL")],
)
def test_a_claim_costs_the_same_however_long_the_queue(status: str, scheduled_for: str) -> None:
    """Of 50,000 jobs, due, to come or done, it reads no more than of ten."""
    few, many = (
        steps_of_a_claim(MANY_JOBS.format(number, status, scheduled_for)) for number in (10, 50_000)
    )

    assert many == few < 500


@in_a_world()
async def test_a_claim_searches_an_index(world: World) -> None:
    """It neither reads the whole table nor sorts."""
    plan = await execute_sql(f"EXPLAIN QUERY PLAN {reference.CLAIM}", ["worker-1", NOW, NOW])

    details = " ".join(str(row["detail"]) for row in plan)
    assert "INDEX jobs_by_status_due_and_age (status=?)" in details
    assert "SCAN" not in details
    assert "TEMP B-TREE" not in details


@in_a_world()
async def test_50_000_jobs_are_one_operation(world: World) -> None:
    """All are pending at `send_email`, in the order given, after one round trip."""
    emails = [f"customer.{number}@example.com" for number in range(50_000)]
    started = now()

    number = await reference.create_campaign_jobs(1, emails)

    seconds = (now() - started).total_seconds()
    assert (number, world.overseer.count) == (50_000, 1)
    assert seconds < 0.01
    rows = await execute_sql("SELECT customer_email FROM jobs ORDER BY id")
    assert [row["customer_email"] for row in rows] == emails
    assert await execute_sql(
        "SELECT campaign_id, status, current_step, worker_id, scheduled_for, retry_count, "
        "count(*) AS jobs FROM jobs GROUP BY 1, 2, 3, 4, 5, 6"
    ) == [
        {
            "campaign_id": 1,
            "status": "pending",
            "current_step": "send_email",
            "worker_id": None,
            "scheduled_for": None,
            "retry_count": 0,
            "jobs": 50_000,
        }
    ]


@in_a_world()
async def test_addresses_are_kept_as_given(world: World) -> None:
    """Quotes, other letters, spaces and case stay; who is listed twice is one customer."""
    emails = [
        "o'neill@example.com",
        'zoë"ß"@例え.jp',
        "🙂@example.com",
        " A@b.c ",
        "a@b.c",
        "\\u00e9",
    ]

    number = await reference.create_campaign_jobs(1, [*emails, *emails[:2]])

    assert number == 6
    assert [job.customer_email for job in await Job.order_by("id").all()] == emails


@in_a_world()
async def test_no_addresses_are_no_jobs(world: World) -> None:
    """An empty list creates none, and says so."""
    assert (await reference.create_campaign_jobs(1, []), await Job.count()) == (0, 0)


@in_a_world(FIVE_JOBS)
async def test_of_a_campaign_that_is_not_there_no_job_is_created(world: World) -> None:
    """The foreign key refuses all of them."""
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        await reference.create_campaign_jobs(9, ["a@example.com", "b@example.com"])

    assert await Job.count() == 5
