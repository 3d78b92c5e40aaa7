"""A trial of each function before it is run at large: one that fails at a job gives way."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from infra.clock import now
from infra.context import as_worker, processing
from infra.database import Database, use_database
from infra.database.simulated_driver import SimulatedDriver
from infra.errors import SolutionError
from infra.mistakes import line_of, told
from infra.models import Job, JobStatus
from infra.services import Services, current_services, use_services
from infra.simulation import Deadlock, Overseer, Simulation
from infra.solution import Solution, SolutionFile
from scenarios.bounds import Bounds, quiet
from scenarios.functions import Functions

SECONDS_MAX = 24 * 3600.0
EMAILS = ["ada@site.example", "bob@site.example", "eve@site.example"]
_FILL = "INSERT INTO campaigns (name, user_id) VALUES ('Winter news', 1);" + "".join(
    f"INSERT INTO jobs (campaign_id, customer_email) VALUES (1, '{email}');" for email in EMAILS
)


def tried(path: Path, stand_in: Path, *, on_operation: Callable[[], None]) -> Functions:
    """Return the functions of a file, and for each that is not up to one job the stand-in's.

    If there is no such file, there is no stand-in either: then the reasons alone are of use.
    `on_operation` is called at each. Raises SolutionError when the file cannot be loaded at all.
    """
    functions = Functions(
        file=SolutionFile.read(path),
        stand_in=SolutionFile.read(stand_in) if stand_in.exists() else None,
    )
    with quiet():
        functions.file.execute()
        # In the order in which they need each other: what was tried before is known to work.
        for name in _TRIALS:
            why = _why_not(name, functions, Bounds(Overseer(), on_operation=on_operation))
            if why:
                functions = replace(functions, reasons={**functions.reasons, name: why})
    return functions


def _why_not(name: str, functions: Functions, bounds: Bounds) -> str | None:
    """Return why a function is of no use, or `None`."""
    if name in functions.file.unwritten:
        return f"{name} is not started"
    if functions.reasons and not functions.stand_in:
        return None
    why: str | None = "never ends"
    # At the end of the block: those whom the bounds do not let end.
    with (
        suppress(Deadlock, SystemExit),
        Simulation(bounds) as simulation,
        use_database(Database(SimulatedDriver(_FILL))),
        use_services(Services.calm()),
    ):
        try:
            why = simulation.run(_try(name, functions, bounds))
        except SolutionError:
            raise
        except Exception as error:
            why = _in_words(error, functions.file.path)
        except SystemExit:
            why = "ends its process"
        finally:
            bounds.close()
    return why and f"{name} {why}"


def _in_words(error: Exception, path: Path) -> str:
    if isinstance(error, Deadlock):
        return "waits for ever"
    line = line_of(error, path)
    place = f", line {line}" if line else ""
    return f"fails at its first job ({told(error, path)[:100]}{place})"


async def _try(name: str, functions: Functions, bounds: Bounds) -> str | None:
    """Return what is wrong with a function, or `None`."""
    trial = asyncio.ensure_future(_TRIALS[name](functions.copy()))
    ends: list[asyncio.Future[Any]] = [trial, bounds.exceeded]
    await asyncio.wait(ends, timeout=SECONDS_MAX)
    if trial.done():
        return None if trial.result() else "does nothing"
    return f"does not end: {bounds.broken or 'it still waits after a day'}"


async def _claims(solution: Solution) -> bool:
    with as_worker("worker-1"):
        return isinstance(await solution.claim_next_job(), Job)


async def _creates(solution: Solution) -> bool:
    before = await Job.filter().count()
    await solution.create_campaign_jobs(1, EMAILS)
    return await Job.filter().count() > before


async def _sends(solution: Solution) -> bool:
    return await _mails(solution.send_email_step)


async def _processes(solution: Solution) -> bool:
    return await _mails(solution.process_job)


async def _mails(function: Callable[[Job], Awaitable[object]]) -> bool:
    changes: Mapping[str, object] = {
        "status": JobStatus.PROCESSING,
        "worker_id": "worker-1",
        "started_at": now(),
    }
    await Job.filter(id=1).update(**changes)
    job = await Job.get(id=1)
    with as_worker("worker-1"), processing(job.id):
        await function(job)
    return bool(current_services().sendgrid.ledger.calls)


_TRIALS: dict[str, Callable[[Solution], Awaitable[bool]]] = {
    "create_campaign_jobs": _creates,
    "claim_next_job": _claims,
    "send_email_step": _sends,
    "process_job": _processes,
}
