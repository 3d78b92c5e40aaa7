"""Two counters for the judge to try: one loses a count in some interleaving, one never does.

They have nothing to do with the four tasks.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from infra.context import as_worker
from infra.database import execute_sql
from infra.simulation.scheduler import Limits
from tests.judge.actor import Actor
from tests.judge.broken import Broken
from tests.judge.failure import CheckFailed
from tests.judge.judge import Judge
from tests.judge.stage import Stage
from tests.judge.subject import Subject
from tests.judge.theatre import Theatre
from tests.judge.world import World

Program = Callable[[], Awaitable[object]]

_WORKERS, _TIMES = 2, 2
_FILL = "CREATE TABLE counters (number INTEGER); INSERT INTO counters VALUES (0);"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a counter: whether it was caught losing a count, and in how many runs."""

    is_caught: bool
    runs: int


async def add_in_two_steps() -> None:
    """Read, then write: who reads in between writes the same number."""
    (row,) = await execute_sql("SELECT number FROM counters")
    await execute_sql("UPDATE counters SET number = ?", [int(str(row["number"])) + 1])


async def add_in_one() -> None:
    """Add in the one statement."""
    await execute_sql("UPDATE counters SET number = number + 1")


def tried(program: Program) -> Tried:
    """Let two workers add one, twice each, in every order of their operations."""

    async def part(actor: Actor) -> None:
        with as_worker(actor.id):
            for _ in range(_TIMES):
                await program()

    async def play(stage: Stage) -> None:
        await stage.together(*((stage.actor(), part) for _ in range(_WORKERS)))
        ((number,),) = stage.select("SELECT number FROM counters").rows
        if number != _WORKERS * _TIMES:
            raise Broken(f"the counter is at {_WORKERS * _TIMES}", f"it is at {number!r}")

    world = World(name="a counter", play=play, fill=_FILL, limits=Limits(preemptions=2))
    with Theatre() as theatre:
        judge = Judge(theatre, Subject(Path(__file__)))
        try:
            judge.explore(world)
        except CheckFailed:
            return Tried(is_caught=True, runs=judge.runs)
    return Tried(is_caught=False, runs=judge.runs)
