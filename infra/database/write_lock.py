"""SQLite has one writer at a time: inside a process this lock says whose turn it is."""

import asyncio

from infra import metrics
from infra.database.driver import Connection
from infra.database.pool import ADVICE, Hold, hold
from infra.errors import DatabaseBusyError


class WriteLock:
    """Exclusive for a transaction; shared by statements that commit by themselves.

    Those all run on one connection, whose thread puts them in order: letting them queue there
    saves each the wait for the event loop to hear of the one before it.
    """

    def __init__(self, *, acquire_timeout_seconds: float):
        self.holder: Hold | None = None
        self.owner: Connection | None = None
        self._timeout_seconds = acquire_timeout_seconds
        # Held by a transaction from before it waits for the statements under way, so that new
        # ones line up behind it and it is not starved.
        self._gate = asyncio.Lock()
        self._waiting = 0
        self._statements = 0
        self._no_statements = asyncio.Event()

    async def acquire(self, owner: Connection, purpose: str) -> None:
        """Wait until nobody else writes, and keep others from it until `release`.

        Raises DatabaseBusyError when it takes too long; it tells who holds the lock.
        """
        await self._pass_gate()
        try:
            if self._statements:
                await self._until_no_statements()
        except BaseException:
            self._gate.release()
            raise
        self.owner = owner
        self.holder = hold(purpose, "holds the write lock")

    def release(self, owner: Connection) -> None:
        """Let others write, if it was `owner` who kept them from it."""
        if self.holder and self.owner is owner:
            self.holder.end()
            self.owner = self.holder = None
            self._gate.release()

    async def enter_statement(self) -> None:
        """Wait until no transaction is open, and keep one from opening until `leave_statement`."""
        if self._gate.locked():
            await self._pass_gate()
            self._gate.release()
        self._statements += 1

    def leave_statement(self) -> None:
        """The statement is done, or will never be."""
        self._statements -= 1
        if not self._statements:
            self._no_statements.set()

    async def _until_no_statements(self) -> None:
        with metrics.waiting("waits for the write lock"):
            while self._statements:
                self._no_statements.clear()
                await self._no_statements.wait()

    async def _pass_gate(self) -> None:
        # A gate that is open while somebody waits is that one's already.
        if not self._gate.locked() and not self._waiting:
            await self._gate.acquire()
            return
        self._waiting += 1
        try:
            with metrics.waiting("waits for the write lock"):
                async with asyncio.timeout(self._timeout_seconds):
                    await self._gate.acquire()
        except TimeoutError:
            holder = self.holder.words() if self.holder else "statements that take too long"
            raise DatabaseBusyError(
                f"could not write within {self._timeout_seconds:.1f} s: {ADVICE} "
                f"Held by {holder}. Only the task that opened a transaction belongs to it, "
                "not the tasks it starts"
            ) from None
        finally:
            self._waiting -= 1
