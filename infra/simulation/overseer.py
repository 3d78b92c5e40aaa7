"""The overseer: the seam that counts operations, lists them, and lets workers die."""

import asyncio
from random import Random
from typing import Literal, Protocol

from infra.operations import Operation

Moment = Literal["before", "after"]


class Crash(BaseException):
    """The worker is dead. Not an Exception: no code of a dead process handles anything."""


class Crashes(Protocol):
    """Says which workers die when."""

    def strikes(self, operation: Operation, moment: Moment) -> bool:
        """Return whether the operation's worker dies at this moment of it."""


class Overseer:
    """Sees every operation of every worker.

    A worker that `crashes` strikes is dead: each later operation of it fails too, without an
    effect, so that no `finally` tidies up what a real crash leaves. `count` is the number of
    operations; `operations` lists them, in order, when `record` asks for it.
    """

    def __init__(self, *, crashes: Crashes | None = None, record: bool = False):
        self.count = 0
        self.operations: list[Operation] = []
        self.dead: set[str] = set()
        self._crashes = crashes
        self._record = record

    def before(self, operation: Operation) -> None:
        """Let the operation take effect, unless its worker is dead or dies now."""
        if operation.worker in self.dead or self._strikes(operation, "before"):
            raise Crash(operation.worker)
        self.count += 1
        if self._record:
            operation.at_seconds = asyncio.get_running_loop().time()
            self.operations.append(operation)

    def after(self, operation: Operation) -> None:
        """Let the worker see what came of it, unless it has died meanwhile or dies now."""
        if operation.worker in self.dead or self._strikes(operation, "after"):
            raise Crash(operation.worker)

    def cut(self, operation: Operation) -> None:
        """Nothing to note: it was counted when it began."""

    def _strikes(self, operation: Operation, moment: Moment) -> bool:
        if self._crashes is None or not self._crashes.strikes(operation, moment):
            return False
        self.dead.add(operation.worker)
        return True


class RandomCrashes:
    """Lets a worker die once in about `mean_moments` moments, `most` times at most.

    Each operation has two moments, before and after. Only workers called `worker-…` die. Draws
    from `seed` alone.
    """

    def __init__(self, *, mean_moments: int, most: int, seed: int):
        self._mean_moments = mean_moments
        self._left = most
        self._random = Random(f"{seed}:crashes")
        self._countdown = self._gap()

    def strikes(self, operation: Operation, moment: Moment) -> bool:
        """Return whether the operation's worker dies at this moment of it."""
        self._countdown -= 1
        if self._countdown > 0 or not self._left or not operation.worker.startswith("worker-"):
            return False
        self._countdown = self._gap()
        self._left -= 1
        return True

    def _gap(self) -> int:
        # Never next to each other, never far apart: evenly between half and one and a half.
        return self._random.randint(self._mean_moments // 2, self._mean_moments * 3 // 2)
