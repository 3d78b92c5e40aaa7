"""Now and sleep. In simulated time both follow the simulation's clock, as all of Python's do."""

import asyncio
from datetime import UTC, datetime

from infra.operations import perform

# Taken here, before any simulation puts `sleep` in its place.
_asyncio_sleep = asyncio.sleep

_SHORTEST_SECONDS = 1e-6
"""No real sleep is shorter. In simulated time the clock would stand still, and a loop never end."""


def now() -> datetime:
    """Return the time, aware and in UTC."""
    return datetime.now(UTC)


async def sleep(seconds: float) -> None:
    """Sleep without blocking the event loop. One operation."""
    await perform("sleep", "sleep", (seconds,), lambda: wait(seconds))


async def wait(seconds: float) -> None:
    """Wait as part of an operation, without being an operation of its own."""
    if 0 < seconds < _SHORTEST_SECONDS:
        seconds = _SHORTEST_SECONDS
    skip_ahead = getattr(asyncio.get_running_loop(), "skip_ahead", None)
    if skip_ahead is None or not skip_ahead(seconds):
        await _asyncio_sleep(seconds)


def to_text(moment: datetime) -> str:
    """Write a datetime as SQLite keeps it: `YYYY-MM-DD HH:MM:SS.ffffff` in UTC.

    It has a space and no offset, so that it compares correctly with `CURRENT_TIMESTAMP` and
    `datetime('now')`. A naive datetime is taken to be in UTC.
    """
    if moment.tzinfo is not None and moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(" ", "microseconds")[:26]


def from_text(text: str) -> datetime:
    """Read a datetime that SQLite keeps, or any ISO 8601 text, as aware and in UTC.

    Text without an offset is taken to be in UTC. Raises ValueError for anything else.
    """
    if text[19:20] == "." and text[20:].isdigit():
        # As we write it. With its offset said, it is read in a quarter of the time.
        return datetime.fromisoformat(f"{text}+00:00")
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
