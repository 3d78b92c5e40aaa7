"""The scheduler: one choice before each operation, and what can be chosen there."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from infra.clock import sleep
from infra.database import transaction
from infra.errors import DatabaseBusyError, InvalidEmailError
from infra.services import send_email
from infra.simulation.scheduler import Act, Limits
from interviewer.selftests.toys import (
    Choices,
    Toy,
    add_one,
    count,
    counts,
    operations,
    set_count,
)


async def read_and_write() -> None:
    await set_count(await count() + 1)


async def in_a_transaction() -> None:
    async with transaction():
        await read_and_write()


def test_each_operation_is_a_choice() -> None:
    """There is one choice before each operation, and none where only one thing can happen."""
    choices = Choices()

    played = Toy(read_and_write, add_one, limits=Limits(preemptions=1)).play(choices)

    assert operations(played) == [
        ("worker-1", "SELECT"),
        ("worker-1", "UPDATE"),
        ("worker-2", "UPDATE"),
    ]
    assert choices.points == [["w1", "w2"], ["w1", "w2"]]


def test_who_waits_for_the_writer_cannot_go() -> None:
    """While a transaction is open, others can read, and only its owner can write."""
    choices = Choices()

    Toy(in_a_transaction, add_one, count, limits=Limits(preemptions=1)).play(choices)

    assert choices.points == [
        ["w1", "w2", "w3"],  # BEGIN
        ["w1", "w3"],
        ["w1", "w3"],
        ["w1", "w3"],  # COMMIT
        ["w2", "w3"],
    ]


def test_an_open_transaction_is_seen_by_nobody_else() -> None:
    """Others read what was committed last, whatever an open transaction has written."""
    seen = []

    async def look() -> None:
        seen.append(await count())

    Toy(in_a_transaction, look, limits=Limits(preemptions=1)).replay("w1*3.w2*1")

    assert seen == [0]


def test_workers_that_are_alike_begin_in_one_order() -> None:
    """Of workers that do the same and have not begun, only one is offered."""
    alike, different = Choices(), Choices()

    Toy(add_one, add_one, add_one).play(alike)
    Toy(add_one, add_one, add_one, alike=False).play(different)

    assert (alike.points, different.points) == ([], [["w1", "w2", "w3"], ["w2", "w3"]])


def test_the_transaction_of_the_dead_is_rolled_back_at_once() -> None:
    """The next one who goes finds the lock free, and nothing of what the dead one wrote."""
    toy = Toy(in_a_transaction, in_a_transaction, limits=Limits(crashes=1))

    played = toy.replay("w1*3.w1x")

    assert operations(played) == [
        ("worker-1", "BEGIN"),
        ("worker-1", "SELECT"),
        ("worker-1", "UPDATE"),
        ("worker-2", "BEGIN"),
        ("worker-2", "SELECT"),
        ("worker-2", "UPDATE"),
        ("worker-2", "COMMIT"),
    ]
    assert counts(played.stage) == [1, 0]


async def tidies_up_at_death() -> None:
    try:
        await count()
    except BaseException:
        await set_count(99)


async def tries_for_ever() -> None:
    while True:
        with suppress(BaseException):
            await set_count(99)


async def never_leaves_its_transaction() -> None:
    async with transaction():
        await set_count(99)
        with suppress(BaseException):
            await count()
        await asyncio.Event().wait()


async def in_a_gather() -> None:
    await count()
    await asyncio.gather(set_count(99), set_count(99, 2))


async def in_a_task_group() -> None:
    await count()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(set_count(99))
            group.create_task(set_count(99, 2))
    finally:
        await set_count(99)


@pytest.mark.parametrize(
    ("program", "token"),
    [
        (tidies_up_at_death, "w1x"),
        (tries_for_ever, "w1x"),
        (never_leaves_its_transaction, "w1*2.w1x"),
        (in_a_gather, "w1*1.w2*1.w1-2x"),
        (in_a_task_group, "w1*1.w2*1.w1-2x"),
    ],
)
def test_the_dead_do_nothing(program: object, token: str) -> None:
    """Whatever a dead worker catches, and whatever tasks it has, it has no effect any more."""
    toy = Toy(program, add_one, limits=Limits(crashes=1))  # type: ignore[arg-type]

    played = toy.replay(token)

    assert (played.failure, counts(played.stage)) == (None, [1, 0])


def test_a_worker_can_be_held_up_past_timers() -> None:
    """A hold lets the next timer fire before the one who could go goes on."""

    async def late() -> None:
        await sleep(5)
        await add_one()

    async def early() -> None:
        await sleep(1)
        await set_count(await count() + 10)

    toy = Toy(late, early, limits=Limits(preemptions=2))

    by_default = counts(toy.play().stage)
    held = toy.replay("w1*1.w2*2.w2t.w1*1")

    assert (by_default, counts(held.stage)) == ([11, 0], [10, 0])
    assert operations(held) == [
        ("worker-1", "sleep"),
        ("worker-2", "sleep"),
        ("worker-2", "SELECT"),
        ("worker-1", "UPDATE"),
        ("worker-2", "UPDATE"),
    ]


def test_a_deadlock_is_told() -> None:
    """Who waits for what will never come has its run ended, and that is what is wrong."""

    async def waits() -> None:
        await asyncio.Event().wait()

    failure = Toy(waits).play().failure

    assert failure
    assert failure.got == "the solution waits for ever: nothing will wake it"


async def operates_for_ever() -> None:
    while True:
        await count()


async def gives_way_for_ever() -> None:
    loop = asyncio.get_running_loop()
    while True:
        turn = loop.create_future()
        loop.call_soon(turn.set_result, None)
        await turn


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (operates_for_ever, "is not done after 3,000 operations"),
        (gives_way_for_ever, "does nothing but give way to others, for ever"),
    ],
)
def test_an_endless_run_is_told(program: object, words: str) -> None:
    """A run that does not end is ended, and told."""
    failure = Toy(program).play().failure  # type: ignore[arg-type]

    assert failure
    assert failure.got == f"the solution {words}"


def test_a_cancelled_operation_never_happens() -> None:
    """An operation that waits and is cancelled, as by a timeout, is not chosen any more."""

    async def holds() -> None:
        async with transaction():
            await sleep(10)

    async def is_impatient() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(set_count(7), 3)
        await set_count(5, 2)

    played = Toy(holds, is_impatient).play()

    assert operations(played) == [
        ("worker-1", "BEGIN"),
        ("worker-1", "sleep"),
        ("worker-1", "COMMIT"),
        ("worker-2", "UPDATE"),
    ]
    assert counts(played.stage) == [0, 5]


def test_a_transaction_that_waits_for_its_own_task_is_told() -> None:
    """A task's write waits for the transaction of who started it: the lock's timeout tells."""

    async def waits_for_a_child() -> None:
        async with transaction():
            with pytest.raises(DatabaseBusyError, match="not the tasks it starts"):
                await asyncio.create_task(set_count(3))

    played = Toy(waits_for_a_child).play()

    assert (played.failure, counts(played.stage)) == (None, [0, 0])


async def sends() -> None:
    await send_email("ada@example.com", "Hello", "key")


async def sends_to_nobody() -> None:
    with pytest.raises(InvalidEmailError):
        await send_email("nobody", "Hello", "key")


def test_a_fault_hits_the_call_it_was_chosen_for() -> None:
    """One that was chosen for a call that fails anyway does not hit the next one."""

    async def sends_twice() -> None:
        await sends_to_nobody()
        await sends()

    toy = Toy(sends_twice, limits=Limits(faults=1))
    toy.world = replace(toy.world, faults=(Act.TIMEOUT_AFTER_DELIVERY,))

    played = toy.replay("w1a")

    assert played.failure is None
    assert played.stage.deliveries_to("ada@example.com") == 1


def test_who_is_switched_to_can_fail_at_once() -> None:
    """A fault is offered for the call of each worker that could go, at the cost of both."""
    choices = Choices()
    toy = Toy(sends_to_nobody, sends, limits=Limits(preemptions=1, faults=1))
    toy.world = replace(toy.world, faults=(Act.RATE_LIMITED,))

    toy.play(choices)

    assert choices.points == [["w1", "w2", "w1r", "w2r"], ["w2", "w2r"]]


def test_of_very_many_the_eldest_can_be_chosen() -> None:
    """Of hundreds of tasks fifty are weighed, the first that came; all come to their turn."""

    async def starts_many() -> None:
        await asyncio.gather(*(sends() for _ in range(60)))

    choices = Choices()
    toy = Toy(starts_many, limits=Limits(preemptions=1))

    played = toy.play(choices)

    assert [len(options) for options in choices.points[:12]] == [50] * 11 + [49]
    assert choices.points[0] == ["w1", *(f"w1-{number}" for number in range(2, 51))]
    assert len(operations(played)) == 60
