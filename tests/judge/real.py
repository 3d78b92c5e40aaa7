"""The real driver: 20 workers claim and process on aiosqlite, as they do in the simulation.

A smoke test that the simulated driver tells the truth. In real time the order in which workers go
is an accident, so it is not what the verdict of a solution rests on: one that is right gets
through in every order.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from infra.context import as_worker, processing
from infra.database import Database, execute_sql, file, use_database
from infra.database.aiosqlite_driver import AiosqliteDriver
from infra.errors import ExternalApiError
from infra.models import Job
from infra.services import Services, use_services
from tests.judge.subject import Subject
from tests.judge.world import CAMPAIGNS

WORKERS, JOBS = 20, 20
ROUNDS_MAX = 200
"""So many times, at most, a worker asks for a job."""

_FILL = "".join(
    f"INSERT INTO jobs (campaign_id, customer_email) VALUES (1, 'customer{n}@example.com');"
    for n in range(1, JOBS + 1)
)
_MAKE_DUE = "UPDATE jobs SET scheduled_for = NULL WHERE status = 'pending'"
_OPEN = "SELECT count(*) AS jobs FROM jobs WHERE status IN ('pending', 'processing')"


def what_is_wrong(subject: Subject) -> str | None:
    """Let the workers run a small campaign, and return what went wrong; `None` when nothing did."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "interview.db"
        file.create(path, CAMPAIGNS + _FILL)
        services = Services.calm(customers=200)
        with use_database(Database(AiosqliteDriver(path))), use_services(services):
            wrong, rows = asyncio.run(_campaign(subject))
    return wrong or _wrong_ending(rows, services)


async def _campaign(subject: Subject) -> tuple[str | None, list[Job]]:
    wrong: list[str] = []
    holders: dict[int, str] = {}
    workers = [f"worker-{n}" for n in range(1, WORKERS + 1)]
    modules = {worker: subject.copy(worker) for worker in workers}
    claims = [_claim_all(modules[worker], worker, holders, wrong) for worker in workers]
    claimed = await asyncio.gather(*claims)
    await asyncio.gather(
        *[
            _work(modules[worker], worker, jobs, wrong)
            for worker, jobs in zip(workers, claimed, strict=True)
        ]
    )
    return (wrong[0] if wrong else None), await Job.order_by("id").all()


async def _claim_all(
    module: ModuleType, worker: str, holders: dict[int, str], wrong: list[str]
) -> list[Job]:
    """Claim until there is nothing left, while all others do the same."""
    jobs: list[Job] = []
    with as_worker(worker):
        while job := await module.claim_next_job():
            other = holders.setdefault(job.id, worker)
            if other != worker or len(jobs) > JOBS:
                wrong.append(f"both {other} and {worker} hold job {job.id}")
                break
            jobs.append(job)
    return jobs


async def _work(module: ModuleType, worker: str, claimed: list[Job], wrong: list[str]) -> None:
    """Process what was claimed, and then claim and process until all jobs are finished."""
    with as_worker(worker):
        for _ in range(ROUNDS_MAX):
            job = claimed.pop() if claimed else await module.claim_next_job()
            if job:
                await _process(module, job, wrong)
                continue
            await execute_sql(_MAKE_DUE)
            if not (await execute_sql(_OPEN))[0]["jobs"]:
                return
            await asyncio.sleep(0.001)


async def _process(module: ModuleType, job: Job, wrong: list[str]) -> None:
    with processing(job.id):
        try:
            await module.process_job(job)
        except ExternalApiError as error:
            wrong.append(f"process_job raised {type(error).__name__}")


def _wrong_ending(rows: list[Job], services: Services) -> str | None:
    for row in rows:
        if (row.status, row.current_step) != ("completed", "done"):
            return f"job {row.id} is {row.status} at {row.current_step}"
        mails = len(services.sendgrid.ledger.deliveries_to(row.customer_email))
        if mails != 1:
            return f"{mails} mails went to {row.customer_email}"
    return None
