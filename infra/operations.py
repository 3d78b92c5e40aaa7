"""The one seam: every wait on the database, on a service or on a sleep passes `perform`.

With no seam installed, `perform` is the call itself. Under simulation the installed seam is told
before and after each operation, and of one that is cut short: there it chooses who goes next, notes
what happened, or lets a worker die.
"""

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from infra.context import current_job_id, current_worker_id

Kind = Literal["database", "service", "sleep"]
T = TypeVar("T")

_ID_EQUALS = re.compile(r"\bid\s*=\s*\?", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


@dataclass(slots=True, eq=False)
class Operation:
    """One wait of one worker.

    `call` is the SQL text, or the name of the function; `arguments` what it was given.
    `job` is the job that the worker was processing, or `None`. `at_seconds` is the simulated time
    at which it took effect. `result` and `error` are what came of it: both are `None` until then,
    and for a worker that did not live to see it. `was_cut` says that it stopped waiting before.
    """

    worker: str
    kind: Kind
    call: str
    arguments: tuple[object, ...]
    job: int | None
    at_seconds: float = 0.0
    result: object = None
    error: Exception | None = None
    was_cut: bool = False

    @property
    def words(self) -> str:
        """The operation in a line for a person: SQL with its values filled in, or the call."""
        if self.kind != "database":
            return f"{self.call}({', '.join(map(repr, self.arguments))})"
        values = iter(self.arguments)
        filled = re.sub(r"\?", lambda _: _literal(next(values, "?")), self.call)
        return _SPACES.sub(" ", filled).strip()

    @property
    def jobs(self) -> tuple[int, ...]:
        """The ids of the jobs touched, ascending: the one in hand, asked for, or returned."""
        ids = {self.job} if self.job is not None else set()
        if self.kind == "database" and re.search(r"\bjobs\b", self.call, re.IGNORECASE):
            ids |= self._asked() | self._returned()
        return tuple(sorted(ids))

    def _asked(self) -> set[int]:
        places = (self.call.count("?", 0, m.end()) - 1 for m in _ID_EQUALS.finditer(self.call))
        given = (self.arguments[place] for place in places if place < len(self.arguments))
        return {value for value in given if isinstance(value, int)}

    def _returned(self) -> set[int]:
        columns = getattr(self.result, "columns", ())
        if "id" not in columns or "job_id" in columns:
            return set()
        at = columns.index("id")
        return {row[at] for row in getattr(self.result, "rows", ())}


class Seam(Protocol):
    """What a simulation installs.

    `before` and `after` may raise, or return something to wait for. (They need not, since most
    have nothing to wait for, and a coroutine that only returns costs as much as a small operation.)
    """

    def before(self, operation: Operation) -> Awaitable[None] | None:
        """Let the operation take effect now, or when what is returned is done."""

    def after(self, operation: Operation) -> Awaitable[None] | None:
        """Let the worker see what came of it now, or when what is returned is done."""

    def cut(self, operation: Operation) -> None:
        """Note that the worker stopped waiting: it was cancelled, or its process ends."""


_seam: Seam | None = None


@contextmanager
def installed(seam: Seam) -> Iterator[None]:
    """Send every operation of this process through `seam` inside the block."""
    global _seam
    if _seam is not None:
        raise RuntimeError("a seam is installed already: simulations do not nest")
    _seam = seam
    try:
        yield
    finally:
        _seam = None


def perform(
    kind: Kind,
    call: str,
    arguments: tuple[object, ...],
    effect: Callable[[], Awaitable[T]],
) -> Awaitable[T]:
    """Do one operation: `effect` does it and waits for its answer, the seam may interfere."""
    return effect() if _seam is None else _pass(_seam, kind, call, arguments, effect)


async def _pass(
    seam: Seam,
    kind: Kind,
    call: str,
    arguments: tuple[object, ...],
    effect: Callable[[], Awaitable[T]],
) -> T:
    operation = Operation(current_worker_id(), kind, call, arguments, current_job_id())
    if (turn := seam.before(operation)) is not None:
        await turn
    try:
        operation.result = result = await effect()
    except Exception as error:
        operation.error = error
        if (turn := seam.after(operation)) is not None:
            await turn
        raise
    except BaseException:
        seam.cut(operation)
        raise
    if (turn := seam.after(operation)) is not None:
        await turn
    return result


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int | float):
        return str(value)
    text = str(value).replace("'", "''")
    return f"'{text}'" if len(text) <= 60 else f"'{text[:57]}…'"
