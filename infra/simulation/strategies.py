"""Strategies: the ways to choose what happens next in a run."""

from collections.abc import Sequence
from random import Random

from infra.simulation.scheduler import Act, Option, Scheduler, Step
from infra.simulation.tokens import TokenError, to_token


class Guided:
    """Goes on as before, except at the choices that `deviations` lists with another option.

    `points` are the choices after the last deviation: number and options of each.
    """

    def __init__(self, deviations: Sequence[tuple[int, int]] = ()):
        self.points: list[tuple[int, list[Option]]] = []
        self.steps: list[int] = []
        """The steps at which it deviated."""
        self._deviations = dict(deviations)
        self._free_from = deviations[-1][0] + 1 if deviations else 0
        self._number = -1

    @property
    def last_step(self) -> int:
        """The last step at which it deviated; -1 when it did nowhere."""
        return self.steps[-1] if self.steps else -1

    def choose(self, scheduler: Scheduler, options: list[Option]) -> int:
        """Return the option of the deviation, or else the first."""
        self._number += 1
        if self._number < self._free_from:
            deviation = self._deviations.get(self._number, 0)
            if deviation >= len(options):
                return 0  # with others left out, this choice is another one
            if deviation:
                self.steps.append(len(scheduler.steps))
            return deviation
        self.points.append((self._number, options))
        return 0


class Chance:
    """Chooses any worker, evenly; rarer things once in `rarely` choices."""

    def __init__(self, seed: str, *, rarely: int = 40):
        self.deviations: list[tuple[int, int]] = []
        self._random = Random(seed)
        self._rarely = rarely
        self._number = -1

    def choose(self, scheduler: Scheduler, options: list[Option]) -> int:
        """Return any option."""
        self._number += 1
        self._scheduler = scheduler
        chosen = self._draw(options)
        if chosen:
            self.deviations.append((self._number, chosen))
        return chosen

    def _draw(self, options: list[Option]) -> int:
        usual, rare = _usual_and_rare(options)
        if rare and self._random.randrange(self._rarely) == 0:
            return self._random.choice(rare)
        return self._random.choice(usual)


class Priorities(Chance):
    """Lets the worker of the highest priority go; at `changes` moments it gets the lowest.

    Finds what needs a worker to be held up for long, with a probability that is known (PCT:
    Burckhardt and others, "A randomized scheduler with probabilistic guarantees of finding
    bugs", 2010). Rarer things happen as with `Chance`.
    """

    def __init__(self, seed: str, *, changes: int, choices: int, rarely: int = 40):
        super().__init__(seed, rarely=rarely)
        self._priority_of: dict[str, float] = {}
        self._changes = set(self._random.sample(range(1, max(choices, changes + 2)), changes))
        self._lowest = 0.0

    def _draw(self, options: list[Option]) -> int:
        usual, rare = _usual_and_rare(options)
        if rare and self._random.randrange(self._rarely) == 0:
            return self._random.choice(rare)
        for n in usual:
            self._priority_of.setdefault(options[n].step.thread, 1 + self._random.random())
        first = max(usual, key=lambda n: self._priority_of[options[n].step.thread])
        if self._number in self._changes:
            self._lowest -= 1
            self._priority_of[options[first].step.thread] = self._lowest
            first = max(usual, key=lambda n: self._priority_of[options[n].step.thread])
        return first


class Unlucky(Chance):
    """Lets somebody new be faster each time that the first worker is about to write.

    Finds what gives up after a number of lost races, whatever the number.
    """

    def __init__(self, seed: str, *, victim: str = "w1"):
        super().__init__(seed)
        self._victim = victim
        self._spoiled: object = None
        """The operation before which somebody was let through."""

    def _draw(self, options: list[Option]) -> int:
        threads = [option.step.thread for option in options if option.step.act is Act.GO]
        if self._victim not in threads:
            return 0
        operation = self._scheduler.next_write_of(self._victim)
        if operation and operation is not self._spoiled and len(threads) > 1:
            self._spoiled = operation
            return 1 if threads[0] == self._victim else 0
        is_somebody_going = threads[0] == self._scheduler.current
        return 0 if is_somebody_going else threads.index(self._victim)


def _usual_and_rare(options: list[Option]) -> tuple[list[int], list[int]]:
    """Return who can go, and what can happen to the one that would go by default."""
    default = options[0].step.thread
    usual = [n for n, option in enumerate(options) if option.step.act is Act.GO]
    rare = [
        n
        for n, option in enumerate(options)
        if option.step.act is not Act.GO and option.step.thread == default
    ]
    return usual, rare


class Replay:
    """Does the steps that it is given, then goes on as before."""

    def __init__(self, steps: Sequence[Step]):
        self.deviations: list[tuple[int, int]] = []
        self._steps = steps
        self._number = -1

    def choose(self, scheduler: Scheduler, options: list[Option]) -> int:
        """Return the option of the next step. Raises TokenError when it is not there."""
        self._number += 1
        place = len(scheduler.steps)
        if place >= len(self._steps):
            return 0
        self.compare(scheduler.steps)
        step = self._steps[place]
        for n, option in enumerate(options):
            if option.step == step:
                if n:
                    self.deviations.append((self._number, n))
                return n
        raise _not_possible(place, step)

    def compare(self, steps: Sequence[Step], *, is_over: bool = False) -> None:
        """Raise TokenError at the first step that was not as given, or is not there in the end."""
        for place, step in enumerate(self._steps):
            if place >= len(steps) and not is_over:
                return
            if place >= len(steps) or steps[place] != step:
                raise _not_possible(place, step)


def _not_possible(place: int, step: Step) -> TokenError:
    return TokenError(
        f"step {place + 1} of the token, {to_token([step])}, is not possible: "
        "the solution has changed since, or the token is of another check"
    )
