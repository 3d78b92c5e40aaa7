"""The stage: the rules that are watched in every run, and who breaks them."""

import asyncio
from dataclasses import replace

import pytest

from infra.clock import sleep
from infra.database import transaction
from infra.services import send_email
from infra.simulation.scheduler import Limits
from interviewer.selftests.toys import Program, Toy, add_one, count
from tests.judge.broken import Broken

INSIDE = "send_email is called inside transaction()"


async def sends() -> None:
    await send_email("ada@example.com", "Hello", "key")


async def sends_inside() -> None:
    async with transaction():
        await count()
        await sends()


async def sends_inside_a_savepoint() -> None:
    async with transaction(), transaction():
        await sends()


async def lets_a_task_send_inside() -> None:
    async with transaction():
        await asyncio.create_task(sends())


async def sends_afterwards() -> None:
    async with transaction():
        await add_one()
    await sends()


async def sends_while_another_task_writes() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(writes())
        await count()
        await sends()


async def writes() -> None:
    async with transaction():
        await add_one()
        await add_one()


def broken(explored_failure: Broken | None) -> str | None:
    return explored_failure.got if explored_failure else None


@pytest.mark.parametrize(
    ("programs", "told"),
    [
        ([sends_inside], INSIDE),
        ([sends_inside_a_savepoint], INSIDE),
        ([lets_a_task_send_inside], INSIDE),
        ([sends_afterwards], None),
        ([sends_while_another_task_writes], None),
        ([sends, writes], None),
    ],
)
def test_a_call_inside_a_transaction_is_seen(programs: list[Program], told: str | None) -> None:
    """It is one when the caller waits for it inside; not beside another task's, or a worker's."""
    toy = Toy(*programs, limits=Limits(preemptions=2))
    toy.world = replace(toy.world, watches=frozenset({"calls"}))

    failed = toy.explore().failed

    assert broken(failed.failure if failed else None) == told


async def waits_for_ever() -> None:
    await asyncio.Event().wait()


async def breaks_a_rule() -> None:
    await count()
    raise Broken("no rule broken", "a rule")


async def goes_on() -> None:
    for _ in range(50):
        await sleep(1)


@pytest.mark.parametrize("other", [waits_for_ever, goes_on])
def test_a_broken_rule_ends_the_run_at_once(other: Program) -> None:
    """Whatever others still do or wait for, it is what is told, of the worker that broke it."""
    played = Toy(other, breaks_a_rule).play()

    assert played.failure
    assert (played.failure.got, played.failure.worker) == ("a rule", "worker-2")
    assert len(played.steps) <= 3
