"""A crew: workers at work, each of whom another one replaces when it dies."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import NoReturn

from infra.clock import wait
from infra.simulation import Crash
from infra.worker import Worker


async def keep_a_worker(
    start: Callable[[], tuple[str, Worker]],
    *,
    dead: Collection[str],
    restart_seconds: float,
) -> NoReturn:
    """Have one worker at work: when it dies, `start` another one after a while."""
    while True:
        name, worker = start()
        try:
            await worker.run()
        except (Crash, BaseExceptionGroup):
            # A task group tells of its tasks' deaths in a group.
            if name not in dead:
                raise
            await wait(restart_seconds)


@asynccontextmanager
async def at_work(
    work: Iterable[Coroutine[object, object, NoReturn]],
) -> AsyncIterator[list[asyncio.Task[NoReturn]]]:
    """Have all of this going on inside the block."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def raise_if_over(tasks: Iterable[asyncio.Task[NoReturn]]) -> None:
    """Raise what ended one of them, as none of them ends by itself."""
    for task in tasks:
        if task.done():
            task.result()
