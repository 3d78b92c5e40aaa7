"""A hop: from the event loop to a connection's thread, and back with the answer.

It is most of what a small statement costs. On the way there and back nobody is woken before he can
go on, the loop goes round once, not twice, and answers that come close together go together.
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from contextvars import Context
from threading import Lock
from time import perf_counter
from typing import Any, Generic, TypeVar

T = TypeVar("T")

TOGETHER_SECONDS = 0.001
"""So long an answer waits at most for those after it, and for the end of one more statement."""

Request = tuple[Any, Callable[[], Any]]
"""Who waits for the answer, as far as somebody does, and what to call for it."""

Answered = tuple[Any, Any, BaseException | None]
"""Who waits, and the answer, or the error in place of it."""


class Inbox:
    """What a thread is asked to do, first come, first served; it takes the place of a SimpleQueue.

    That one wakes the thread while the event loop's thread still holds Python's lock, so that the
    woken one goes to sleep again at once. A write to a pipe lets go of the lock first.
    """

    def __init__(self) -> None:
        self._requests: deque[Request] = deque()
        self._reader, self._writer = os.pipe()
        self._is_open = True
        # A pipe that was given back may be somebody else's file by now.
        self._giving_back = Lock()

    def put_nowait(self, request: Request) -> None:
        """Ask for something, and wake the thread; nobody hears of it when that has ended."""
        with self._giving_back:
            if self._is_open:
                self._requests.append(request)
                os.write(self._writer, b"\0")

    def get(self) -> Request:
        """Wait for the next request."""
        os.read(self._reader, 1)
        return self._requests.popleft()

    def is_empty(self) -> bool:
        """Return whether the next request would have to be waited for."""
        return not self._requests

    def close(self) -> None:
        """Give the pipe back, as the thread does at its end."""
        with self._giving_back:
            self._is_open = False
            os.close(self._reader)
            os.close(self._writer)


def serve(inbox: Inbox, last: object) -> None:
    """Do what a thread is asked for, until something returns `last`; then close the inbox.

    While there is more to do, answers wait for each other: for each that is handed over alone, the
    thread would wait for Python's lock until the loop has dealt with it.
    """
    answered: deque[Answered] = deque()
    since = 0.0
    is_last = False
    while not is_last:
        waiting, call = inbox.get()
        value, error = _outcome(call)
        is_last = value is last
        if not answered:
            since = perf_counter()
        if waiting:
            answered.append((waiting, value, error))
        # What it answered must not stay in memory for as long as nobody asks for more.
        del waiting, call, value, error
        if is_last or inbox.is_empty() or perf_counter() - since > TOGETHER_SECONDS:
            _tell(answered)
            answered = deque()
    inbox.close()


def _outcome(call: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return call(), None
    except BaseException as error:
        return None, error


def _tell(answered: deque[Answered]) -> None:
    if answered:
        with suppress(RuntimeError):  # of a loop that is closed: nobody waits there any more
            answered[0][0].get_loop().call_soon_threadsafe(_hand_over, answered)


def _hand_over(answered: deque[Answered]) -> None:
    try:
        while answered:
            waiting, value, error = answered.popleft()
            if waiting.done():
                continue
            if error is None:
                waiting.set_result(value)
            else:
                waiting.set_exception(error)
    finally:
        # Ctrl-C in a task that goes on ends the turn of the loop, but not the others' waiting.
        if answered:
            asyncio.get_running_loop().call_soon(_hand_over, answered)


class Answer(Generic[T]):
    """What a task gets when the thread has done it: a future for one task that awaits it.

    A future's own callbacks run a turn of the loop after its result is set, which takes a system
    call more. This has what asyncio asks of a future that is not its own: `add_done_callback`,
    `cancel`, `get_loop`, `result` and the mark `_asyncio_future_blocking`.
    """

    __slots__ = (
        "_asyncio_future_blocking",
        "_context",
        "_done",
        "_error",
        "_loop",
        "_value",
        "_wake",
    )

    _value: T
    _context: Context

    def __init__(self) -> None:
        self._asyncio_future_blocking = False
        self._loop = asyncio.get_running_loop()
        self._wake: Callable[[Answer[T]], object] | None = None
        self._done = False
        self._error: BaseException | None = None

    def __await__(self) -> Generator[Any, None, T]:
        if not self._done:
            self._asyncio_future_blocking = True
            yield self
        return self.result()

    def result(self) -> T:
        """Return the answer, or raise the error that came in place of it."""
        if self._error is not None:
            raise self._error
        return self._value

    # -- for the thread, by way of the loop

    def done(self) -> bool:
        """Return whether it has been answered, or nobody waits for it any more."""
        return self._done

    def set_result(self, value: T) -> None:
        """Let the task go on, at once."""
        self._value = value
        self._go_on()

    def set_exception(self, error: BaseException) -> None:
        """Let the task go on with an error, at once."""
        self._error = error
        self._go_on()

    def _go_on(self) -> None:
        self._done = True
        if self._wake:
            self._context.run(self._wake, self)

    # -- for the task

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop on which it can be awaited."""
        return self._loop

    def add_done_callback(
        self, callback: Callable[["Answer[T]"], object], *, context: Context
    ) -> None:
        """Call that, in that context, when it is done; a task asks for it once."""
        self._wake, self._context = callback, context

    def cancel(self, msg: object = None) -> bool:
        """Do not wait any more. The thread does what it was asked for, but nobody hears of it."""
        if self._done:
            return False
        self._error = asyncio.CancelledError() if msg is None else asyncio.CancelledError(msg)
        self._done = True
        if self._wake:
            self._loop.call_soon(self._wake, self, context=self._context)
        return True
