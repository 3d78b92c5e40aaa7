"""A pool of connections, with a timeout and an answer to who holds what."""

import asyncio
import sqlite3
import time
from collections import deque
from dataclasses import dataclass

from infra import metrics
from infra.context import current_worker_id
from infra.database.driver import Connection, Driver
from infra.errors import DatabaseBusyError

ADVICE = "is a transaction held across an API call?"


@dataclass(slots=True)
class Hold:
    """Who holds something of the database, what for, and since when (monotonic time, seconds)."""

    worker: str
    purpose: str
    since: float
    span: metrics.Span | None
    """The same for who records the run, if anybody does."""

    def words(self) -> str:
        """Return the hold for a person, for example `worker-3 for 4.8 s (a statement)`."""
        held_seconds = time.monotonic() - self.since
        return f"{self.worker} for {held_seconds:.1f} s ({self.purpose})"

    def end(self) -> None:
        """Tell who records the run, if anybody does, that it is over."""
        if self.span and metrics.current:
            metrics.current.end(self.span)


def hold(purpose: str, what: metrics.Held) -> Hold:
    """Return a hold by the calling worker that begins now."""
    recorder = metrics.current
    span = None if recorder is None else recorder.begin(what)
    return Hold(current_worker_id(), purpose, time.monotonic(), span)


class Pool:
    """At most `size` connections, opened when first needed and used again, last in first out."""

    def __init__(self, driver: Driver, *, size: int, acquire_timeout_seconds: float):
        self.size = size
        self.holds: dict[Connection, Hold] = {}
        self._driver = driver
        self._timeout_seconds = acquire_timeout_seconds
        self._free = size
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._idle: list[Connection] = []
        self._closed = False

    def take(self, purpose: str) -> Connection | None:
        """Acquire a connection at once, if one is idle; else return `None`."""
        if not self._idle or not self._free or self._closed:
            return None
        self._free -= 1
        connection = self._idle.pop()
        self.holds[connection] = hold(purpose, "holds a connection")
        return connection

    async def acquire(self, purpose: str) -> Connection:
        """Return a connection that is the caller's until it calls `release`.

        Raises DatabaseBusyError when none comes free in time; it tells who holds them.
        """
        if self._closed:
            raise sqlite3.ProgrammingError("the database is closed")
        if self._free:
            self._free -= 1
        else:
            await self._wait()
        try:
            connection = self._idle.pop() if self._idle else await self._driver.connect()
        except BaseException:
            self._pass_on()
            raise
        self.holds[connection] = hold(purpose, "holds a connection")
        return connection

    def release(self, connection: Connection, *, broken: bool = False) -> None:
        """Give a connection back; a broken one is not used again."""
        self.holds.pop(connection).end()
        if not broken:
            self._idle.append(connection)
        self._pass_on()

    async def close(self) -> None:
        """Close every connection, those in use too."""
        self._closed = True
        for connection in [*self._idle, *self.holds]:
            await connection.close()

    async def _wait(self) -> None:
        """Wait for a place, first come, first served."""
        loop = asyncio.get_running_loop()
        place: asyncio.Future[None] = loop.create_future()
        self._waiting.append(place)
        # Not asyncio.timeout: it takes as long as a small statement.
        timer = loop.call_later(self._timeout_seconds, _give_up, place)
        try:
            with metrics.waiting("waits for a connection"):
                await place
        except BaseException as error:
            if place.done() and not place.cancelled() and not place.exception():
                self._pass_on()  # it came, but too late to be used
            if not isinstance(error, TimeoutError):
                raise
            holders = "; ".join(hold.words() for hold in self.holds.values())
            raise DatabaseBusyError(
                f"no free connection after {self._timeout_seconds:.1f} s "
                f"({len(self.holds)} of {self.size} in use): {ADVICE} In use by {holders}"
            ) from None
        finally:
            timer.cancel()

    def _pass_on(self) -> None:
        """Give a place to who has waited longest, or keep it free."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._free += 1


def _give_up(place: asyncio.Future[None]) -> None:
    if not place.done():
        place.set_exception(TimeoutError())
