"""The overseer: the seam that counts operations, lists them, and lets workers die."""

import asyncio
from collections.abc import Callable
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

    async def before(self, operation: Operation) -> None:
        """Let the operation take effect, unless its worker is dead or dies now."""
        self._let_live(operation, "before")
        self.count += 1
        if self._record:
            operation.at_seconds = asyncio.get_running_loop().time()
            self.operations.append(operation)

    async def after(self, operation: Operation) -> None:
        """Let the worker see what came of it, unless it has died meanwhile or dies now."""
        self._let_live(operation, "after")

    def _let_live(self, operation: Operation, moment: Moment) -> None:
        if operation.worker in self.dead:
            raise Crash(operation.worker)
        if self._crashes and self._crashes.strikes(operation, moment):
            self.dead.add(operation.worker)
            raise Crash(operation.worker)


class RandomCrashes:
    """Lets a worker die once in about `mean_moments` moments, `most` times at most.

    Each operation has two moments, before and after. Only workers for which `among` holds die.
    Draws from `seed` alone.
    """

    def __init__(self, *, mean_moments: int, most: int, seed: int, among: Callable[[str], bool]):
        self._mean_moments = mean_moments
        self._left = most
        self._random = Random(f"{seed}:crashes")
        self._among = among
        self._countdown = self._gap()

    def strikes(self, operation: Operation, moment: Moment) -> bool:
        """Return whether the operation's worker dies at this moment of it."""
        if not self._left or not self._among(operation.worker):
            return False
        self._countdown -= 1
        if self._countdown:
            return False
        self._countdown = self._gap()
        self._left -= 1
        return True

    def _gap(self) -> int:
        # Never next to each other, never far apart: evenly between half and one and a half.
        return max(1, self._random.randint(self._mean_moments // 2, self._mean_moments * 3 // 2))
