"""The block of a simulation: what is different inside is as before when it ends."""

import asyncio
import time
import uuid
from contextlib import nullcontext
from datetime import UTC, datetime

import pytest

from infra import clock
from infra.context import as_worker
from infra.database import Database, current_database, execute_sql, use_database
from infra.database.simulated_driver import SimulatedDriver
from infra.operations import Operation
from infra.simulation import Crash, Moment, Overseer, Simulation
from interviewer.selftests.drivers import FILL, SimulatedStage, add, added

FUNCTIONS = [
    (time, "time"),
    (time, "time_ns"),
    (time, "monotonic"),
    (time, "monotonic_ns"),
    (time, "perf_counter"),
    (time, "perf_counter_ns"),
    (time, "localtime"),
    (asyncio, "sleep"),
    (uuid, "_generate_time_safe"),
]


def functions() -> list[object]:
    return [getattr(module, name) for module, name in FUNCTIONS]


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_everything_is_as_before_when_it_ends(error: type[BaseException] | None) -> None:
    """Clocks and `asyncio.sleep` are put back when the block ends, however it does."""
    before, monotonic, moment = functions(), time.monotonic(), time.time()

    with pytest.raises(error) if error else nullcontext(), Simulation() as simulation:
        simulation.run(asyncio.sleep(1e9))
        if error:
            raise error

    assert functions() == before
    assert 0 <= time.monotonic() - monotonic < 60
    assert 0 <= time.time() - moment < 60
    assert 0 <= (clock.now() - datetime.fromtimestamp(moment, UTC)).total_seconds() < 60


def test_an_error_inside_comes_out_and_the_simulation_goes_on() -> None:
    """`run` raises what its coroutine raised; the next one runs as if nothing had been."""

    async def fail() -> None:
        await asyncio.sleep(1)
        _ = 1 / 0

    with Simulation() as simulation:
        with pytest.raises(ZeroDivisionError):
            simulation.run(fail())
        simulation.run(asyncio.sleep(1))
        passed = simulation.seconds

    assert passed == 2


def test_a_simulation_in_a_simulation_is_refused() -> None:
    """There is one clock in a process: a second simulation says so, and harms not the first."""
    with Simulation() as simulation:
        with pytest.raises(RuntimeError, match="simulations do not nest"), Simulation():
            pass
        simulation.run(asyncio.sleep(5))
        inside = (simulation.seconds, time.monotonic(), clock.now().hour)

    assert inside == (5, 5, 9)


def test_one_simulation_after_another() -> None:
    """Each simulation begins at its start, whatever the one before did."""

    async def body() -> tuple[float, datetime]:
        await asyncio.sleep(60)
        return time.monotonic(), clock.now()

    passed = []
    for _ in range(2):
        with Simulation() as simulation:
            passed.append(simulation.run(body()))

    assert passed == [(60, datetime(2030, 1, 1, 9, 1, tzinfo=UTC))] * 2


def test_what_is_left_running_is_cancelled_in_simulated_time() -> None:
    """Tasks that still run when the block ends are cancelled; how they end is simulated too."""
    ended = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(3600)
            ended.append((time.monotonic(), clock.now().hour))

    async def body() -> None:
        asyncio.create_task(work())  # noqa: RUF006 - it holds itself while it waits
        await asyncio.sleep(1)

    with Simulation() as simulation:
        simulation.run(body())

    assert ended == [(3601, 10)]


class CrashAtDelete:
    """Whoever deletes dies of it."""

    def strikes(self, operation: Operation, moment: Moment) -> bool:
        return operation.call.startswith("DELETE")


def test_what_a_dead_worker_left_running_does_nothing_at_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A task of a dead worker that is cancelled at the end has no effect, and is not told of."""

    async def tidy_up() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await add("from the dead")

    async def body() -> None:
        with as_worker("worker-1"):
            asyncio.create_task(tidy_up())  # noqa: RUF006 - it holds itself while it waits
            await asyncio.sleep(1)
            with pytest.raises(Crash):
                await execute_sql("DELETE FROM jobs")

    stage = SimulatedStage()
    stage.run(body(), seam=Overseer(crashes=CrashAtDelete()))

    assert (stage.run(added()), caplog.messages) == ([], [])


def test_an_error_that_nobody_waits_for_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """A task that fails as it is cancelled at the end is told of, unlike one that is dead."""

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            _ = 1 / 0

    async def body() -> None:
        asyncio.create_task(work())  # noqa: RUF006 - it holds itself while it waits
        await asyncio.sleep(1)

    with Simulation() as simulation:
        simulation.run(body())

    assert [message.splitlines()[0] for message in caplog.messages] == [
        "unhandled exception during asyncio.run() shutdown"
    ]


def test_a_database_is_closed_with_the_simulation() -> None:
    """The database that was used inside is closed when the block ends."""
    with use_database(Database(SimulatedDriver(FILL))):
        with Simulation() as simulation:
            simulation.run(added())
            inside = current_database().closed
        after = current_database().closed

    assert (inside, after) == (False, True)
