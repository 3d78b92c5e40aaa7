"""The same work twice: by this ORM, and by raw aiosqlite at its best, one hop an operation."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, dataclass

from infra import Job
from infra.clock import now, to_text
from infra.context import as_worker
from infra.database.sql import prepare
from interviewer.bench.arena import Arena, Sizes
from interviewer.solutions.reference import CLAIM, claim_next_job, create_campaign_jobs

Work = Callable[[Arena], Awaitable[object]]
"""One run: everything from the first operation to the last."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One kind of work. `bar` is the least that raw time divided by ours may be."""

    name: str
    ours: Work
    raw: Work
    _: KW_ONLY
    bar: float
    rows: int = 0
    """In the table before each run."""
    operations: int = 1
    """In a run; the time shown is that of one."""


def pairs(sizes: Sizes) -> list[Pair]:
    """Return everything that is compared."""
    many = sizes.operations
    return [
        Pair("get by id", get, raw_get, bar=0.8, rows=many, operations=many),
        Pair("first pending, by age", first, raw_first, bar=0.8, rows=many, operations=many),
        Pair("create", create, raw_create, bar=0.8, rows=many, operations=many),
        Pair("change and save", save, raw_save, bar=0.8, rows=many, operations=many),
        Pair(f"load all {sizes.loaded:,}", load_all, raw_load_all, bar=0.35, rows=sizes.loaded),
        Pair(
            f"claim {sizes.claimed:,}, {sizes.workers} workers",
            claim,
            raw_claim,
            bar=0.8,
            rows=sizes.claimed,
        ),
        Pair(f"Task B, {sizes.inserted:,} jobs", insert, raw_insert, bar=0.8),
    ]


# -- get by id


async def get(arena: Arena) -> None:
    for job_id in arena.ids:
        await Job.get(id=job_id)


async def raw_get(arena: Arena) -> None:
    sql = "SELECT * FROM jobs WHERE id = ?"
    for job_id in arena.ids:
        assert await arena.raw.execute_fetchall(sql, (job_id,))


# -- first pending, by age


async def first(arena: Arena) -> None:
    for _ in arena.ids:
        assert await Job.filter(status="pending").order_by("created_at").first()


async def raw_first(arena: Arena) -> None:
    sql = "SELECT * FROM jobs WHERE status = ? ORDER BY created_at LIMIT 1"
    for _ in arena.ids:
        assert await arena.raw.execute_fetchall(sql, ("pending",))


# -- create


async def create(arena: Arena) -> None:
    for email in arena.emails:
        await Job.create(campaign_id=1, customer_email=email)


async def raw_create(arena: Arena) -> None:
    sql = "INSERT INTO jobs (campaign_id, customer_email) VALUES (?, ?) RETURNING *"
    for email in arena.emails:
        assert await arena.raw.execute_fetchall(sql, (1, email))


# -- change and save


async def save(arena: Arena) -> None:
    for job in arena.jobs:
        job.retry_count = 1
        await job.save()


async def raw_save(arena: Arena) -> None:
    sql = "UPDATE jobs SET retry_count = ? WHERE id = ?"
    for job_id in arena.ids:
        await arena.raw.execute_fetchall(sql, (1, job_id))


# -- load all


@dataclass(slots=True)
class RawJob:
    """A row as SQLite gives it: moments and states stay text."""

    id: int
    campaign_id: int
    customer_email: str
    current_step: str
    status: str
    worker_id: str | None
    retry_count: int
    created_at: str
    started_at: str | None
    completed_at: str | None
    error_message: str | None
    scheduled_for: str | None
    last_heartbeat: str | None


async def load_all(_: Arena) -> list[Job]:
    return await Job.all()


async def raw_load_all(arena: Arena) -> list[RawJob]:
    rows = await arena.raw.execute_fetchall("SELECT * FROM jobs")
    return [RawJob(*row) for row in rows]


# -- claim, by many workers until nothing is left

RAW_CLAIM = prepare(CLAIM).sql


async def claim(arena: Arena) -> None:
    async def work(worker_id: str) -> None:
        with as_worker(worker_id):
            while await claim_next_job():
                pass

    await asyncio.gather(*map(work, arena.worker_ids))


async def raw_claim(arena: Arena) -> None:
    async def claim_one(worker_id: str) -> object:
        moment = to_text(now())
        return await arena.raw.execute_fetchall(RAW_CLAIM, (worker_id, moment, moment))

    async def work(worker_id: str) -> None:
        while await claim_one(worker_id):
            pass

    await asyncio.gather(*map(work, arena.worker_ids))


# -- Task B


async def insert(arena: Arena) -> None:
    await create_campaign_jobs(1, arena.customers)


async def raw_insert(arena: Arena) -> None:
    sql = "INSERT INTO jobs (campaign_id, customer_email) VALUES (?, ?)"
    await arena.raw.execute_fetchall("BEGIN IMMEDIATE")
    await arena.raw.executemany(sql, [(1, email) for email in arena.customers])
    await arena.raw.execute_fetchall("COMMIT")
