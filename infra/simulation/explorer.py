"""Exploring: the same story again and again, until every way in which it can go has been seen.

First with no worker interrupted, then with one interruption, crash or fault, then with two: the
first failure found is the simplest one. (Musuvathi and Qadeer, "Iterative context bounding for
systematic testing of multithreaded programs", 2007.) What was not reached within the budget of
runs is sampled, by chance.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Generic, TypeVar

from infra.simulation.scheduler import Step, Strategy
from infra.simulation.strategies import Chance, Guided, Priorities, Unlucky

F = TypeVar("F")

Deviations = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Run(Generic[F]):
    """One run: what was wrong in it, or `None`, and the steps that led there."""

    failure: F | None
    steps: Sequence[Step]


@dataclass(slots=True)
class Explored(Generic[F]):
    """What came of exploring. `failed` is the run that found a failure, with its deviations.

    `complete` tells that all runs within the limits were covered.
    """

    runs: int = 0
    complete: bool = False
    failed: Run[F] | None = None
    deviations: Deviations = ()
    sample: int | None = None
    """Which of the samples failed, when it cannot be told as a few deviations."""


_CHOICES_USUAL = 40
_DEVIATIONS_MAX = 60
"""So many choices are worth trying to do without, one by one."""


def explore(
    do_run: Callable[[Strategy], Run[F]], *, runs_max: int, samples: int, seed: int
) -> Explored[F]:
    """Do runs until one fails, all are done, or `runs_max` is reached; then `samples` by chance.

    With fewer samples than runs are left it still is sampling: only when nothing was cut short
    is it all.
    """
    explored: Explored[F] = Explored()
    if _search(do_run, explored, runs_max) or explored.complete:
        return explored
    _sample(do_run, explored, samples, seed)
    return explored


def _search(do_run: Callable[[Strategy], Run[F]], explored: Explored[F], runs_max: int) -> bool:
    """Do the runs in the order of what they cost. Returns whether one failed."""
    waiting: dict[int, deque[Deviations]] = {0: deque([()])}
    for cost in count():
        if cost not in waiting:
            if cost > max(waiting, default=0):
                explored.complete = True
                return False
            continue
        queue = waiting[cost]
        while queue:
            if explored.runs == runs_max:
                return False
            deviations = queue.popleft()
            strategy = Guided(deviations)
            run = do_run(strategy)
            explored.runs += 1
            if run.failure is not None:
                explored.failed, explored.deviations = run, deviations
                return True
            for number, index, its_cost in _alternatives(strategy):
                further = (*deviations, (number, index))
                waiting.setdefault(cost + its_cost, deque()).append(further)
    raise AssertionError


def _alternatives(strategy: Guided) -> Iterator[tuple[int, int, int]]:
    for number, options in strategy.points:
        for index, option in enumerate(options[1:], 1):
            yield number, index, option.cost


def _sample(
    do_run: Callable[[Strategy], Run[F]], explored: Explored[F], samples: int, seed: int
) -> None:
    for number in range(samples):
        strategy = sample(number, seed)
        run = do_run(strategy)
        explored.runs += 1
        if run.failure is not None:
            explored.failed = run
            if len(strategy.deviations) > _DEVIATIONS_MAX:
                explored.sample = number
                return
            explored.deviations = tuple(strategy.deviations)
            _simplify(do_run, explored)
            return


def sample(number: int, seed: int) -> Chance:
    """Return the strategy of one sample: by chance, by priority, by bad luck, and so on in turn."""
    name = f"{seed}:{number}"
    match number % 3:
        case 0:
            return Chance(name)
        case 1:
            return Priorities(name, changes=2 + number % 4, choices=_CHOICES_USUAL)
        case _:
            return Unlucky(name)


def _simplify(do_run: Callable[[Strategy], Run[F]], explored: Explored[F]) -> None:
    """Leave out each deviation without which it fails as well."""
    assert explored.failed
    for deviation in reversed(explored.deviations):
        fewer = tuple(other for other in explored.deviations if other != deviation)
        run = do_run(Guided(fewer))
        if run.failure is not None and type(run.failure) is type(explored.failed.failure):
            explored.failed, explored.deviations = run, fewer
