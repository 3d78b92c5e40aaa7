"""The explorer: every way to go within the limits, the simplest failure first, nothing hidden."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from random import Random

import pytest

from infra.clock import sleep
from infra.database import transaction
from infra.simulation.explorer import explore
from infra.simulation.scheduler import Limits, Step, Strategy
from interviewer.selftests.toys import Program, Toy, add_one, count, counts, set_count
from tests.judge.broken import Broken
from tests.judge.stage import Stage
from tests.judge.theatre import Played


async def read_and_write() -> None:
    await set_count(await count() + 1)


async def in_a_transaction() -> None:
    async with transaction():
        await read_and_write()


async def lose_two_races() -> None:
    before = await count(2)
    await add_one(2)
    if await count(2) > before + 1 and await count() == 0:
        await read_and_write()
    else:
        await add_one()


async def children_share_memory() -> None:
    """Goes wrong only when the second child is faster than the first."""
    order = []

    async def child(number: int) -> None:
        await count()
        order.append(number)

    await asyncio.gather(child(1), child(2))
    await count()
    if order == [2, 1]:
        await set_count(99)


async def hurries_by_chance() -> None:
    await count(2)
    await sleep(random.random())
    await set_count(1)


async def is_late_by_chance() -> None:
    """Goes wrong only when it draws the second number, which is the smaller one."""
    await count(2)
    await sleep(random.random())
    if await count() == 0:
        await set_count(99)


def lost(workers: int) -> Callable[[Stage], object]:
    """Return what tells whether any of the workers' ones was lost, the dead apart."""

    def is_lost(stage: Stage) -> bool:
        (number, _) = counts(stage)
        return isinstance(number, int) and number + len(stage.scheduler.dead) < workers

    return is_lost


def is_99(stage: Stage) -> bool:
    return counts(stage)[0] == 99


def test_the_first_failure_found_is_the_simplest() -> None:
    """A race that one interruption shows is told by one, in the second run."""
    toy = Toy(read_and_write, read_and_write, limits=Limits(preemptions=3), wrong=lost(2))

    explored = toy.explore()

    assert (explored.runs, explored.complete, len(explored.deviations)) == (2, False, 1)
    assert explored.failed
    assert explored.failed.steps == [Step("w1"), Step("w2"), Step("w2"), Step("w1")]


def test_what_is_right_is_explored_to_the_end() -> None:
    """When nothing was cut, all was covered, and the explorer says so."""
    toy = Toy(in_a_transaction, in_a_transaction, limits=Limits(2, 1), wrong=lost(2))

    explored = toy.explore()

    assert (explored.complete, explored.failed) == (True, None)


def test_all_is_said_only_when_nothing_was_cut() -> None:
    """One run less than it takes, and it is not all; just as many, and it is."""
    toy = Toy(in_a_transaction, in_a_transaction, limits=Limits(2, 1), wrong=lost(2))
    runs = toy.explore().runs

    assert [toy.explore(runs_max=most).complete for most in (runs - 1, runs)] == [False, True]


def test_what_was_cut_is_sampled() -> None:
    """With no budget for the search only samples are done, and it is never all."""
    toy = Toy(in_a_transaction, in_a_transaction, limits=Limits(2, 1), wrong=lost(2))

    explored = toy.explore(runs_max=0, samples=7)

    assert (explored.runs, explored.complete, explored.failed) == (7, False, None)


def test_a_sample_that_fails_is_made_simple() -> None:
    """Only those deviations are told without which the run would pass."""
    toy = Toy(*[read_and_write] * 3, limits=Limits(100), wrong=lost(3))

    explored = toy.explore(runs_max=0, samples=20)

    assert (explored.failed is not None, len(explored.deviations)) == (True, 1)


def test_the_same_seed_finds_the_same() -> None:
    """Samples are drawn from the seed alone."""
    toy = Toy(*[read_and_write] * 3, limits=Limits(100), wrong=lost(3))

    first, second = (toy.explore(runs_max=0, samples=20, seed=7) for _ in range(2))

    assert (first.runs, first.deviations) == (second.runs, second.deviations)


def test_a_failure_stops_the_search() -> None:
    """No run is done after one that failed."""
    done = []

    def fail(strategy: Strategy) -> Played:
        done.append(strategy)
        return Played(Broken("nothing", "something"), (), stage=None)  # type: ignore[arg-type]

    explored = explore(fail, runs_max=10, samples=10, seed=0)

    assert (len(done), explored.runs, explored.complete) == (1, 1, False)


PLANTED: dict[str, tuple[list[Program], Limits, Callable[[Stage], object]]] = {
    "a lost update": ([read_and_write] * 2, Limits(1), lost(2)),
    "three workers": ([read_and_write] * 3, Limits(2), lost(3)),
    "two lost races": ([lose_two_races] * 2, Limits(2), lost(2)),
    "memory that children share": ([children_share_memory], Limits(1, 1), is_99),
    "and somebody else": ([children_share_memory, count], Limits(1), is_99),
    "chance that workers share": (
        [is_late_by_chance, hurries_by_chance, count],
        Limits(1, 1),
        is_99,
    ),
    "a transaction": ([in_a_transaction] * 2, Limits(2, 1), lost(2)),
    "a transaction and none": ([in_a_transaction, read_and_write], Limits(1), lost(2)),
}


@pytest.mark.parametrize(("programs", "limits", "wrong"), PLANTED.values(), ids=PLANTED)
def test_nothing_is_hidden(
    programs: list[Program], limits: Limits, wrong: Callable[[Stage], object]
) -> None:
    """Leaving out workers that are alike changes no verdict."""
    toy = Toy(*programs, limits=limits, wrong=wrong)
    different = Toy(*programs, limits=limits, wrong=wrong, alike=False)

    explored = toy.explore()
    fails = any(run.failure for run in different.every_run())

    assert (explored.failed is not None, explored.complete) == (fails, not fails)


def program_by_chance(luck: Random) -> Program:
    """Return a program of a few operations, which depend on what the ones before have found."""
    kinds = [luck.choice(["read", "write", "add", "lock", "sleep", "gather"]) for _ in range(3)]
    numbers = [luck.randrange(1, 4) for _ in kinds]

    async def program() -> None:
        known = 0
        for kind, number in zip(kinds, numbers, strict=True):
            known = await ACTS[kind](known, number)

    return program


async def _read(known: int, number: int) -> int:
    return await count(1 + number % 2)


async def _write(known: int, number: int) -> int:
    await set_count(known + number)
    return known


async def _add(known: int, number: int) -> int:
    await add_one(1 + number % 2)
    return known


async def _lock(known: int, number: int) -> int:
    async with transaction():
        known = await count()
        await set_count(known + number)
    return known


async def _sleep(known: int, number: int) -> int:
    await sleep(number)
    return known


async def _gather(known: int, number: int) -> int:
    found: list[int] = []

    async def child(campaign: int) -> None:
        found.append(campaign * 10 + await count(campaign))

    await asyncio.gather(child(1), child(2))
    return found[-1]


ACTS: dict[str, Callable[[int, int], Awaitable[int]]] = {
    "read": _read,
    "write": _write,
    "add": _add,
    "lock": _lock,
    "sleep": _sleep,
    "gather": _gather,
}


@pytest.mark.parametrize("seed", range(25))
def test_every_end_is_found(seed: int) -> None:
    """Programs made by chance come to the same ends with nothing left out and with much."""
    luck = Random(seed)
    programs = [program_by_chance(luck), program_by_chance(luck)]
    limits = Limits(1, luck.randrange(2))

    def ends(*, explores: bool) -> set[object]:
        found: set[object] = set()
        toy = Toy(*programs, limits=limits, wrong=lambda stage: found.add((*counts(stage),)))
        if explores:
            assert toy.explore().complete
        else:
            assert all(run.failure is None for run in toy.every_run())
        return found

    assert ends(explores=True) == ends(explores=False)
