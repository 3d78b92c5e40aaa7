"""The simulated loop: its order, its deadlocks, what stands in for threads, and its short cut."""

import asyncio
import time
from collections.abc import Coroutine
from random import Random
from typing import TypeVar

import pytest

from infra import clock
from infra.simulation import Deadlock, SimulatedLoop, Simulation

T = TypeVar("T")


def run(body: Coroutine[object, object, T]) -> T:
    with Simulation() as simulation:
        return simulation.run(body)


def now() -> float:
    return asyncio.get_running_loop().time()


async def other_has_run(after_seconds: float) -> list[float]:
    """Have a timer note when it ran."""
    ran: list[float] = []
    asyncio.get_running_loop().call_later(after_seconds, lambda: ran.append(now()))
    return ran


def test_timers_fire_in_their_order() -> None:
    """Tasks wake in the order of their times, whatever the order in which they began to wait."""
    woken = []

    async def wake(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append((name, now()))

    async def body() -> None:
        await asyncio.gather(wake("c", 3), wake("a", 1), wake("d", 4), wake("b", 2))

    run(body())

    assert woken == [("a", 1), ("b", 2), ("c", 3), ("d", 4)]


def test_timers_of_the_same_time_fire_in_the_order_they_were_set() -> None:
    """Tasks that wait for the same moment wake in the order in which they began to wait."""
    woken: list[int] = []

    async def wake(number: int) -> None:
        await asyncio.sleep(1)
        woken.append(number)

    async def body() -> None:
        await asyncio.gather(*(wake(number) for number in range(50)))

    run(body())

    assert woken == list(range(50))


def test_a_deadlock_names_who_waits() -> None:
    """When all wait for each other, the error names each task that does."""

    async def body() -> None:
        first, second = asyncio.Event(), asyncio.Event()
        waits = [
            asyncio.create_task(second.wait(), name="worker-2"),
            asyncio.create_task(first.wait(), name="worker-1"),
        ]
        asyncio.current_task().set_name("main")  # type: ignore[union-attr]
        await asyncio.gather(*waits)

    with pytest.raises(Deadlock) as caught:
        run(body())

    assert str(caught.value) == (
        "deadlock: all of main, worker-1, worker-2 wait, and nothing will wake them"
    )


def test_a_deadlock_comes_when_time_can_pass_no_more() -> None:
    """While somebody still sleeps it is no deadlock: time passes until nobody does."""

    async def body() -> None:
        asyncio.create_task(asyncio.sleep(60))  # noqa: RUF006 - it holds itself while it waits
        await asyncio.Event().wait()

    with Simulation() as simulation:
        with pytest.raises(Deadlock):
            simulation.run(body())
        passed = simulation.seconds

    assert passed == 60


def test_a_simulation_goes_on_after_a_deadlock() -> None:
    """After a deadlock the next coroutine runs, at the time that it is."""

    async def wait_for_ever() -> None:
        await asyncio.sleep(1)
        await asyncio.Event().wait()

    async def sleep() -> float:
        await asyncio.sleep(1)
        return now()

    with Simulation() as simulation:
        with pytest.raises(Deadlock):
            simulation.run(wait_for_ever())
        ended = simulation.run(sleep())

    assert ended == 2


def test_what_is_handed_to_a_thread_runs_at_once() -> None:
    """`to_thread` and `run_in_executor` run inline, in order, and give the result or the error."""
    order: list[object] = []

    def note(what: object) -> object:
        order.append(what)
        return what

    async def body() -> list[object]:
        loop = asyncio.get_running_loop()
        results = [await asyncio.to_thread(note, 1), await loop.run_in_executor(None, note, 2)]
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 / 0)
        future = loop.run_in_executor(None, note, 3)
        order.append("after 3")
        return [*results, await future, now()]

    assert (run(body()), order) == ([1, 2, 3, 0], [1, 2, 3, "after 3"])


def test_who_sleeps_in_a_thread_holds_nobody_up() -> None:
    """Its answer comes when it has slept enough; meanwhile others go on."""
    order: list[tuple[str, float]] = []

    async def sleep_in_thread() -> None:
        await asyncio.to_thread(time.sleep, 2.0)
        order.append(("thread", now()))

    async def body() -> None:
        thread = asyncio.create_task(sleep_in_thread())
        await asyncio.sleep(1)
        order.append(("other", now()))
        await thread

    run(body())

    assert order == [("other", 1.0), ("thread", 2.0)]


def test_waiting_alone_skips_ahead() -> None:
    """Who waits while nobody else can run goes on at once, at its later time."""

    async def body() -> tuple[bool, float]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        return loop.skip_ahead(5), loop.time()

    assert run(body()) == (True, 5)


@pytest.mark.parametrize(("after_seconds", "skips"), [(4, False), (5, False), (5.1, True)])
def test_a_timer_that_comes_first_is_not_skipped(after_seconds: float, skips: bool) -> None:  # noqa: FBT001
    """Time is not skipped over another's timer, nor up to it: that one is first in line."""

    async def body() -> tuple[bool, list[float], float]:
        ran = await other_has_run(after_seconds)
        await clock.wait(5)
        before = list(ran)
        await clock.wait(5)
        return skips == (before == []), ran, now()

    assert run(body()) == (True, [after_seconds], 10)


def test_a_task_that_is_ready_is_not_skipped() -> None:
    """Who can run at this moment runs before any time passes."""
    order = []

    async def other() -> None:
        order.append(("other", now()))
        await asyncio.sleep(1)
        order.append(("other", now()))

    async def body() -> None:
        task = asyncio.create_task(other())
        await clock.wait(5)
        order.append(("main", now()))
        await task

    run(body())

    assert order == [("other", 0), ("other", 1), ("main", 5)]


def test_a_task_that_is_cancelled_does_not_skip() -> None:
    """A cancelled task does not get past its next wait, though nobody else could run."""

    async def body() -> tuple[list[str], float]:
        reached = []
        task = asyncio.current_task()
        assert task
        task.cancel()
        try:
            await clock.wait(5)
            reached.append("past the wait")
        except asyncio.CancelledError:
            task.uncancel()
        await clock.wait(2)
        return reached, now()

    assert run(body()) == ([], 2)


def test_a_timeout_in_a_loop_of_waits_ends_it() -> None:
    """A task that only ever waits, alone, is ended by its timeout at the exact moment."""

    async def wait_for_ever() -> None:
        while True:
            await clock.wait(0.7)

    async def body() -> float:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wait_for_ever(), 10)
        return now()

    assert run(body()) == 10


def test_the_short_cut_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random tasks do the same things at the same times, with the short cut and without."""

    async def work(number: int, seed: int, notes: list[object]) -> None:
        chance = Random(f"{seed}:{number}")
        for _ in range(chance.randint(1, 8)):
            try:
                async with asyncio.timeout(chance.choice([None, chance.uniform(0, 3)])):
                    await clock.wait(chance.choice([0, chance.uniform(0, 3)]))
                    notes.append((number, now()))
                    if chance.random() < 0.3:
                        child = work(number + 10, chance.randint(0, 99), notes)
                        await asyncio.create_task(child)
            except TimeoutError:
                notes.append((number, "timed out", now()))

    async def body(seed: int) -> list[object]:
        notes: list[object] = []
        await asyncio.gather(*(work(number, seed, notes) for number in range(seed % 3 + 1)))
        return notes

    with_it = [run(body(seed)) for seed in range(60)]
    monkeypatch.setattr(SimulatedLoop, "skip_ahead", lambda self, seconds: False)
    without = [run(body(seed)) for seed in range(60)]

    assert with_it == without


def test_blocking_code_takes_no_simulated_time() -> None:
    """Time passes in waits alone, not while code computes."""

    async def body() -> float:
        before = time.monotonic()
        sum(range(1_000_000))
        return time.monotonic() - before

    assert run(body()) == 0
