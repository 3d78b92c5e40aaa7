"""Worlds: what a run begins with, and what happens in it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from infra.clock import from_text, now
from infra.simulation.scheduler import OPERATIONS_MAX, Act, Limits

if TYPE_CHECKING:
    from tests.judge.stage import Stage

Watch = Literal["calls", "moves", "available"]

MOVES = """
    CREATE TABLE moves (
        number INTEGER PRIMARY KEY,
        job_id INTEGER, from_step TEXT, to_step TEXT, from_status TEXT, to_status TEXT
    );
    CREATE TRIGGER note_move AFTER UPDATE ON jobs
    WHEN old.current_step IS NOT new.current_step OR old.status IS NOT new.status
    BEGIN
        INSERT INTO moves (job_id, from_step, to_step, from_status, to_status)
        VALUES (new.id, old.current_step, new.current_step, old.status, new.status);
    END;
    CREATE TRIGGER note_deletion AFTER DELETE ON jobs
    BEGIN
        INSERT INTO moves (job_id, from_step, to_step, from_status, to_status)
        VALUES (old.id, old.current_step, old.current_step, old.status, 'deleted');
    END;
    CREATE TABLE replaced (job_id INTEGER PRIMARY KEY, step TEXT, status TEXT);
    CREATE TRIGGER note_replaced BEFORE INSERT ON jobs
    BEGIN
        DELETE FROM replaced;
        INSERT INTO replaced SELECT id, current_step, status FROM jobs WHERE id = new.id;
        INSERT INTO replaced
        SELECT job_id, from_step, from_status FROM moves
        WHERE job_id = new.id AND to_status = 'deleted';
    END;
    CREATE TRIGGER note_replacement AFTER INSERT ON jobs
    BEGIN
        DELETE FROM moves WHERE job_id = new.id AND to_status = 'deleted';
        INSERT INTO moves (job_id, from_step, to_step, from_status, to_status)
        SELECT new.id, step, new.current_step, status, new.status FROM replaced
        WHERE step IS NOT new.current_step OR status IS NOT new.status;
    END;
"""
"""Keeps what happened to each job, in order; what is rolled back never happened.

A row that takes the place of another one, by REPLACE or after a DELETE, has changed it.
"""

CAMPAIGNS = """
    INSERT INTO campaigns (id, name, user_id, created_at)
    VALUES (1, 'Spring', 1, '2030-01-01 08:00:00.000000'),
           (2, 'Summer', 1, '2030-01-01 08:00:00.000000');
"""


NO_LIMITS = Limits()
"""Nobody is interrupted, nothing fails: one run."""


@dataclass(frozen=True, kw_only=True)
class World:
    """A run's beginning, its story, and how far the ways in which it can go are explored.

    `fill` is SQL that is run once. `runs_max` bounds the search, and `samples` are drawn by
    chance if it did not reach everything. `faults` are the ways in which services may fail.
    With `holds` an interrupted worker may be held up until the next timer, past all others.
    `watches` are the rules that are watched all the time; the others are left to the play.
    """

    name: str
    play: Callable[["Stage"], Awaitable[None]]
    fill: str = ""
    limits: Limits = NO_LIMITS
    runs_max: int = 300
    samples: int = 0
    operations_max: int = OPERATIONS_MAX
    faults: tuple[Act, ...] = ()
    holds: bool = True
    watches: frozenset[Watch] = frozenset()
    round_trip_seconds: float = 0.0


def starting(
    moment: str, play: Callable[["Stage"], Awaitable[None]]
) -> Callable[["Stage"], Awaitable[None]]:
    """Return the play as it goes at that moment, in UTC, instead of at nine on 1 January.

    A date that is written or counted wrong can be right on that morning.
    """

    async def play_then(stage: "Stage") -> None:
        await stage.pass_time((from_text(moment) - now()).total_seconds())
        await play(stage)

    return play_then


def campaign(number: int, status: str = "active") -> str:
    """Return SQL that inserts a campaign beside the two that are always there."""
    values = f"{number}, 'More', 1, '{status}', '2030-01-01 08:00:00.000000'"
    return f"INSERT INTO campaigns (id, name, user_id, status, created_at) VALUES ({values});"


def jobs(*rows: str) -> str:
    """Return SQL that inserts jobs, each given as `name = value, name = value`."""
    return "".join(_insert(row) for row in rows)


def _insert(row: str) -> str:
    pairs = [pair.split("=", 1) for pair in row.split(", ")]
    names = ", ".join(name.strip() for name, _ in pairs)
    values = ", ".join(value.strip() for _, value in pairs)
    return f"INSERT INTO jobs ({names}) VALUES ({values});"


def pending(count: int, *, address: str = "customer{}@example.com") -> str:
    """Return SQL that inserts pending jobs of campaign 1, created a second apart, long due."""
    return "".join(
        f"INSERT INTO jobs (campaign_id, customer_email, created_at) VALUES "
        f"(1, '{address.format(n)}', '2030-01-01 08:{n // 60:02}:{n % 60:02}.000000');"
        for n in range(1, count + 1)
    )
