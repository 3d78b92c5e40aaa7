"""Crashes: the dead do nothing any more, not even tidy up; others live on."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from infra.clock import sleep
from infra.context import as_worker
from infra.database import execute_sql, transaction
from infra.operations import Operation
from infra.services import Services, fetch_reply, send_email, use_services
from infra.simulation import Crash, Moment, Overseer, RandomCrashes
from interviewer.selftests.drivers import SimulatedStage, add, added


class CrashAt:
    """Lets a worker die at this moment of its first such operation."""

    def __init__(self, call: str, moment: Moment = "after", worker: str = "worker-1"):
        self.fatal = (worker, call, moment)

    def strikes(self, operation: Operation, moment: Moment) -> bool:
        worker, call, when = self.fatal
        return (operation.worker, moment) == (worker, when) and operation.call.startswith(call)


async def die() -> None:
    """Die, where a DELETE is deadly."""
    await execute_sql("DELETE FROM job_steps")


async def send() -> None:
    await send_email("ada@example.com", "Hello", "key")


ACTS: dict[str, Callable[[], Awaitable[object]]] = {
    "write": lambda: add("from the dead"),
    "read": lambda: execute_sql("SELECT 1"),
    "sleep": lambda: sleep(1),
    "asyncio.sleep": lambda: asyncio.sleep(1),
    "send": send,
    "fetch": lambda: fetch_reply("ada@example.com"),
    "transaction": lambda: transaction().__aenter__(),
    "gather": lambda: asyncio.gather(add("from a child"), send()),
    "task": lambda: asyncio.create_task(add("from a child")),
    "wait_for": lambda: asyncio.wait_for(add("from a child"), 5),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_the_dead_cannot_act(act: Callable[[], Awaitable[object]]) -> None:
    """Each later operation of a dead worker is a Crash too, and has no effect."""
    services = Services.calm()

    async def body() -> None:
        with as_worker("worker-1"):
            with pytest.raises(Crash):
                await die()
            for _ in range(2):
                with pytest.raises(Crash):
                    await act()

    overseer = Overseer(crashes=CrashAt("DELETE"))
    stage = SimulatedStage()
    with use_services(services):
        stage.run(body(), seam=overseer)

    assert (overseer.count, overseer.dead) == (1, {"worker-1"})
    assert (stage.run(added()), list(services.sendgrid.ledger.deliveries)) == ([], [])


def test_nothing_tidies_up_after_a_crash() -> None:
    """`finally`, `except BaseException` and `async with` of a dead worker have no effect."""

    async def work() -> None:
        try:
            async with transaction():
                await add("uncommitted")
                try:
                    await die()
                except BaseException:
                    await add("caught")
                    raise
        finally:
            await add("finally")

    async def body() -> list[object]:
        with as_worker("worker-1"), pytest.raises(Crash):
            await work()
        with as_worker("worker-2"):
            await add("alive")
        return await added()

    left = SimulatedStage().run(body(), seam=Overseer(crashes=CrashAt("DELETE")))

    assert left == ["alive"]


def test_a_worker_that_swallows_its_crash_is_dead_all_the_same() -> None:
    """Code that catches everything and goes on does nothing any more, and frees what it held."""

    async def work() -> None:
        async with transaction():
            await add("uncommitted")
            for _ in range(3):
                try:
                    await die()
                except BaseException:
                    tries.append("caught")

    async def body() -> list[object]:
        with as_worker("worker-1"), pytest.raises(Crash):
            await work()
        await add("alive")
        return await added()

    tries: list[str] = []
    left = SimulatedStage().run(body(), seam=Overseer(crashes=CrashAt("DELETE")))

    assert (tries, left) == (["caught"] * 3, ["alive"])


def test_children_die_with_their_worker() -> None:
    """A child that is in the middle of an operation does not see what came of it."""
    seen = []

    async def child() -> None:
        await sleep(60)
        seen.append("woken")
        await add("from a child")

    async def body() -> None:
        with as_worker("worker-1"):
            children = [asyncio.create_task(child()) for _ in range(2)]
            with pytest.raises(Crash):
                await die()
            ends = await asyncio.gather(*children, return_exceptions=True)
        seen.extend(type(end).__name__ for end in ends)

    stage = SimulatedStage()
    stage.run(body(), seam=Overseer(crashes=CrashAt("DELETE")))

    assert (seen, stage.run(added())) == (["Crash", "Crash"], [])


@pytest.mark.parametrize(("moment", "effect"), [("before", []), ("after", ["A"])])
def test_a_crash_comes_before_or_after_the_effect(moment: Moment, effect: list[str]) -> None:
    """A worker that dies before an operation has not done it; after it, it has."""

    async def body() -> list[object]:
        with as_worker("worker-1"), pytest.raises(Crash):
            await add("A")
        with as_worker("worker-2"):
            return await added()

    left = SimulatedStage().run(body(), seam=Overseer(crashes=CrashAt("INSERT", moment)))

    assert left == effect


def test_others_live_on() -> None:
    """The death of one worker is no concern of the others, who get what it held."""

    async def work(name: str) -> str:
        with as_worker(name):
            async with transaction():
                await add(name)
                await execute_sql("DELETE FROM job_steps")
            return name

    async def body() -> list[object]:
        names = [f"worker-{n}" for n in range(1, 6)]
        ends = await asyncio.gather(*map(work, names), return_exceptions=True)
        return [*(end if isinstance(end, str) else type(end) for end in ends), *await added()]

    crashes = CrashAt("DELETE", "before", "worker-2")
    ended = SimulatedStage().run(body(), seam=Overseer(crashes=crashes))

    alive = ["worker-3", "worker-4", "worker-5"]
    assert ended == ["worker-1", Crash, *alive, "worker-1", *alive]


def deaths(
    seed: int, *, mean_moments: int = 10, most: int = 5, worker: str = "worker-1"
) -> list[int]:
    """At which of the first 400 moments workers die."""
    crashes = RandomCrashes(mean_moments=mean_moments, most=most, seed=seed)
    operation = Operation(worker, "sleep", "sleep", (1,), None)
    return [n for n in range(400) if crashes.strikes(operation, "before")]


def test_random_crashes_come_from_the_seed() -> None:
    """The same seed lets workers die at the same moments, another at others."""
    assert deaths(seed=1) == deaths(seed=1) != deaths(seed=2)


def test_random_crashes_are_as_many_and_as_far_apart_as_asked_for() -> None:
    """There are `most` at most, half the mean apart or more, and one and a half times or less."""
    for seed in range(50):
        at = deaths(seed, mean_moments=10, most=6)
        gaps = [b - a for a, b in pairwise(at)]
        assert (len(at), min(gaps) >= 5, max(gaps) <= 15) == (6, True, True)


def test_only_workers_die_by_chance() -> None:
    """A reaper, or whoever else is not called `worker-…`, does not die."""
    assert deaths(seed=1, worker="reaper") == []
