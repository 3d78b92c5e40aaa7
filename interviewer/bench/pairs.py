"""The same work twice: by this ORM, and by raw aiosqlite at its best, one hop an operation."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import KW_ONLY, dataclass

from infra import Job
from infra.clock import now, to_text
from infra.context import as_worker
from infra.database.sql import prepare
from interviewer.bench.arena import Arena, Sizes
from interviewer.solutions.reference import CLAIM, claim_next_job, create_campaign_jobs

Work = Callable[[Arena], Awaitable[int]]
"""Does something as often as the arena's sizes say, and returns how many rows that touched."""

RAW_CLAIM = prepare(CLAIM).sql


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


async def get(arena: Arena) -> int:
    for job_id in arena.ids:
        await Job.get(id=job_id)
    return len(arena.ids)


async def raw_get(arena: Arena) -> int:
    for job_id in arena.ids:
        await arena.raw.execute_fetchall("SELECT * FROM jobs WHERE id = ?", (job_id,))
    return len(arena.ids)


# -- the oldest pending job


async def first(arena: Arena) -> int:
    for _ in arena.ids:
        await Job.filter(status="pending").order_by("created_at").first()
    return len(arena.ids)


async def raw_first(arena: Arena) -> int:
    sql = "SELECT * FROM jobs WHERE status = ? ORDER BY created_at LIMIT 1"
    for _ in arena.ids:
        await arena.raw.execute_fetchall(sql, ("pending",))
    return len(arena.ids)


# -- create


async def create(arena: Arena) -> int:
    for email in arena.emails:
        await Job.create(campaign_id=1, customer_email=email)
    return len(arena.emails)


async def raw_create(arena: Arena) -> int:
    sql = "INSERT INTO jobs (campaign_id, customer_email) VALUES (?, ?) RETURNING *"
    for email in arena.emails:
        await arena.raw.execute_fetchall(sql, (1, email))
    return len(arena.emails)


# -- change and save


async def save(arena: Arena) -> int:
    for job in arena.jobs:
        job.retry_count = 1
        await job.save()
    return len(arena.jobs)


async def raw_save(arena: Arena) -> int:
    for job_id in arena.ids:
        await arena.raw.execute_fetchall(
            "UPDATE jobs SET retry_count = ? WHERE id = ?", (1, job_id)
        )
    return len(arena.ids)


# -- load everything


@dataclass(slots=True)
class RawJob:
    """A row as SQLite gives it: moments and states are text."""

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


async def load_all(_: Arena) -> int:
    return len(await Job.all())


async def raw_load_all(arena: Arena) -> int:
    rows = await arena.raw.execute_fetchall("SELECT * FROM jobs")
    return len([RawJob(*row) for row in rows])


# -- many workers claim until nothing is left


async def claim(arena: Arena) -> int:
    async def work(worker_id: str) -> int:
        claimed = 0
        with as_worker(worker_id):
            while await claim_next_job():
                claimed += 1
        return claimed

    return await _by_all_workers(arena, work)


async def raw_claim(arena: Arena) -> int:
    async def work(worker_id: str) -> int:
        claimed = 0
        moment = to_text(now())
        while await arena.raw.execute_fetchall(RAW_CLAIM, (worker_id, moment, moment)):
            claimed += 1
            moment = to_text(now())
        return claimed

    return await _by_all_workers(arena, work)


async def _by_all_workers(
    arena: Arena, work: Callable[[str], Coroutine[None, None, int]]
) -> int:
    workers = (work(f"worker-{number}") for number in range(1, arena.sizes.workers + 1))
    return sum(await asyncio.gather(*workers))


# -- Task B: the jobs of a campaign


async def insert(arena: Arena) -> int:
    return await create_campaign_jobs(1, arena.customers)


async def raw_insert(arena: Arena) -> int:
    sql = "INSERT INTO jobs (campaign_id, customer_email) VALUES (?, ?)"
    await arena.raw.execute_fetchall("BEGIN IMMEDIATE")
    cursor = await arena.raw.executemany(sql, [(1, email) for email in arena.customers])
    await arena.raw.execute_fetchall("COMMIT")
    return cursor.rowcount
