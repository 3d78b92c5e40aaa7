"""Simulated time: hours pass at once, and every clock tells the same."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import TypeVar

import pytest

from infra import clock
from infra.database import Database, execute_sql, use_database
from infra.database.simulated_driver import SimulatedDriver
from infra.simulation import Deadlock, SimulatedLoop, Simulation
from infra.simulation.clocks import START, Clocks
from interviewer.selftests.drivers import FILL

T = TypeVar("T")

START_SECONDS = datetime(2030, 1, 1, 9, tzinfo=UTC).timestamp()


def run(body: Coroutine[object, object, T]) -> T:
    """Run a coroutine in a simulation of its own, with a database in use."""
    with Simulation() as simulation, use_database(Database(SimulatedDriver(FILL))):
        return simulation.run(body)


def naive_now() -> datetime:
    return datetime.now()  # noqa: DTZ005 - a candidate may write it, and it must be right


def load(source: str) -> ModuleType:
    """Load a module as it would be from a file."""
    module = ModuleType("loaded")
    exec(source, module.__dict__)  # noqa: S102 - it is written right here
    return module


def test_hours_pass_at_once() -> None:
    """Sleeping for a thousand days takes no time, and the simulation knows how long it was."""
    before = time.process_time()

    with Simulation() as simulation:
        simulation.run(asyncio.sleep(1000 * 24 * 3600))
        passed = simulation.seconds

    assert (passed, time.process_time() - before < 1) == (1000 * 24 * 3600, True)


def test_every_clock_advances_by_the_same() -> None:
    """All of Python's clocks show the same time passing, to the microsecond."""
    clocks: dict[str, Callable[[], float]] = {
        "infra.now": lambda: clock.now().timestamp(),
        "naive datetime.now": lambda: naive_now().replace(tzinfo=UTC).timestamp(),
        "datetime.now": lambda: datetime.now(UTC).timestamp(),
        "time.time": time.time,
        "time.time_ns": lambda: time.time_ns() / 1e9,
        "time.gmtime": lambda: time.mktime(time.gmtime()) + naive_now().microsecond / 1e6,
        "time.monotonic": lambda: time.monotonic() + START_SECONDS,
        "time.monotonic_ns": lambda: time.monotonic_ns() / 1e9 + START_SECONDS,
        "time.perf_counter": lambda: time.perf_counter() + START_SECONDS,
        "time.perf_counter_ns": lambda: time.perf_counter_ns() / 1e9 + START_SECONDS,
        "loop.time": lambda: asyncio.get_running_loop().time() + START_SECONDS,
    }

    async def body() -> list[dict[str, float]]:
        shown = []
        for seconds in (0, 1.5, 3600, 0.000007):
            await asyncio.sleep(seconds)
            shown.append(
                {name: round(clock() - START_SECONDS, 6) for name, clock in clocks.items()}
            )
        return shown

    assert run(body()) == [
        dict.fromkeys(clocks, seconds) for seconds in (0, 1.5, 3601.5, 3601.500007)
    ]


def test_the_present_is_the_start_given() -> None:
    """A simulation begins when it is told to, in UTC, and by itself always at the same time."""

    async def present() -> datetime:
        return clock.now()

    at = datetime(2031, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
    with Simulation(start=at) as simulation:
        told = simulation.run(present())

    assert (told, run(present())) == (at, datetime(2030, 1, 1, 9, tzinfo=UTC))


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "UTC"])
def test_the_local_time_zone_is_utc(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """Local time is UTC inside, wherever the computer stands, and as it was afterwards."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    offset = time.localtime(0).tm_gmtoff

    async def local() -> tuple[object, ...]:
        (row,) = await execute_sql("SELECT datetime('now', 'localtime') AS local")
        return naive_now().hour, date.today().day, time.localtime().tm_hour, row["local"]  # noqa: DTZ011

    told = run(local())
    after = time.localtime(0).tm_gmtoff
    monkeypatch.undo()
    time.tzset()

    assert (told, after) == ((9, 1, 9, "2030-01-01 09:00:00"), offset)


def test_code_loaded_inside_has_simulated_clocks() -> None:
    """`from time import monotonic` and its like are right in code that is loaded in the block."""
    source = """
from asyncio import sleep
from datetime import datetime, timezone
from time import monotonic, perf_counter, time

async def measure():
    before = monotonic(), perf_counter(), time(), datetime.now(timezone.utc)
    await sleep(7)
    after = monotonic(), perf_counter(), time(), datetime.now(timezone.utc)
    return [float((b - a).total_seconds() if hasattr(b - a, "days") else b - a)
            for a, b in zip(before, after)]
"""

    with Simulation() as simulation:
        measured = simulation.run(load(source).measure())

    assert measured == [7, 7, 7, 7]


def test_timeouts_are_of_simulated_time() -> None:
    """`asyncio.timeout`, `wait_for` and `wait` end when they should, and not earlier."""

    async def body() -> list[float]:
        now, ended = asyncio.get_running_loop().time, []
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(10):
                await asyncio.sleep(3600)
        ended.append(now())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(3600), 20)
        ended.append(now())
        forever = asyncio.create_task(asyncio.Event().wait())
        await asyncio.wait([forever], timeout=30)
        ended.append(now())
        async with asyncio.timeout(10):
            await asyncio.sleep(9)
        ended.append(now())
        return ended

    assert run(body()) == [10, 30, 60, 69]


def test_time_never_goes_back() -> None:
    """A sleep of less than nothing is none."""

    async def body() -> float:
        await asyncio.sleep(5)
        await asyncio.sleep(-3)
        await clock.sleep(-1)
        return asyncio.get_running_loop().time()

    assert run(body()) == 5


@pytest.mark.parametrize("days", [0, 50, 195, 5000, 100_000])
def test_short_waits_are_exact_even_after_years(days: int) -> None:
    """However late it is, tasks that wait for short times still wake, and in their order."""
    woken = []

    async def wake(after_ms: int) -> None:
        await asyncio.sleep(after_ms / 1000)
        woken.append(after_ms)
        asyncio.get_running_loop().call_at(asyncio.get_running_loop().time(), woken.append, 0)
        await asyncio.sleep(0.001)

    async def body() -> timedelta:
        await asyncio.sleep(days * 86400)
        before = clock.now()
        await asyncio.gather(*(wake(after_ms) for after_ms in (3, 1, 9)))
        return clock.now() - before

    passed = run(body())

    assert woken == [1, 0, 3, 0, 9, 0]
    assert abs(passed - timedelta(milliseconds=10)) <= timedelta(microseconds=3)


def test_a_sleep_lets_time_pass_however_short_it_is() -> None:
    """Who waits for what rounding has left of a second still comes to its end."""

    async def body() -> float:
        before = time.monotonic()
        await asyncio.sleep(1e-18)
        return time.monotonic() - before

    assert 0 < run(body()) < 1e-5


def test_clocks_do_not_drift_apart() -> None:
    """After very many waits the clocks still agree to the nanosecond."""

    async def body() -> tuple[int, int, int]:
        before = time.time_ns()
        for seconds in (0.0012, 0.1, 1 / 3) * 10_000:
            await asyncio.sleep(seconds)
        loop_ns = round(asyncio.get_running_loop().time() * 1e9)
        return time.time_ns() - before, time.monotonic_ns(), loop_ns

    assert run(body()) == (4345333330000, 4345333330000, 4345333330000)


def test_a_sleep_without_end_is_a_deadlock() -> None:
    """Who sleeps for ever, alone, is told that nothing will wake it."""
    with pytest.raises(Deadlock):
        run(asyncio.sleep(float("inf")))


def test_a_clock_that_is_reset_shows_its_start() -> None:
    """What is done between two loops is done at the start, however long the first one ran."""
    with Clocks() as clocks:
        loop = SimulatedLoop()
        clocks.follow(loop)
        loop.run_until_complete(asyncio.sleep(3600))
        later = datetime.now(UTC)
        loop.close()

        clocks.reset()

        assert (later - START, datetime.now(UTC), time.monotonic()) == (
            timedelta(hours=1),
            START,
            0,
        )


def test_a_clock_is_reset_to_the_nanosecond() -> None:
    """However long the loop ran, and by whatever fractions, the next one begins at the start."""
    with Clocks() as clocks:
        loop = SimulatedLoop()
        clocks.follow(loop)
        for seconds in (5 * 365 * 24 * 3600, 0.1, 1 / 3):
            loop.run_until_complete(asyncio.sleep(seconds))
        loop.close()

        clocks.reset()

        assert datetime.now(UTC) == START
        assert time.time_ns() == int(START.timestamp()) * 1_000_000_000
