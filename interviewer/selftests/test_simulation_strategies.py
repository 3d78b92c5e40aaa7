"""The strategies: how what comes next is chosen."""

from collections.abc import Callable

import pytest

from infra.simulation.explorer import sample
from infra.simulation.scheduler import Limits, Strategy
from infra.simulation.strategies import Chance, Guided, Priorities, Unlucky
from infra.simulation.tokens import to_token
from interviewer.selftests.toys import Toy, add_one, count, counts, set_count


async def read_and_write() -> None:
    await set_count(await count() + 1)


async def gives_up_after_three_races() -> None:
    """Adds one by compare-and-set, thrice at most."""
    for _ in range(3):
        before = await count(2)
        await add_one(2)
        if await count(2) == before + 1:
            await add_one()
            return


def test_by_default_each_goes_on_to_its_end() -> None:
    """Without a deviation one worker after the other does all that it does."""
    played = Toy(read_and_write, read_and_write, limits=Limits(3)).play(Guided())

    assert to_token(played.steps) == "w1*2.w2*2"


def test_a_deviation_is_another_choice_at_one_place() -> None:
    """The choice of that number is the option of that index, all others are the default."""
    strategy = Guided([(0, 1)])

    played = Toy(read_and_write, read_and_write, limits=Limits(3)).play(strategy)

    assert (to_token(played.steps), strategy.steps) == ("w1*1.w2*2.w1*1", [1])


def test_a_deviation_that_is_not_there_is_none() -> None:
    """Where an earlier one was left out, a later one may meet a choice of fewer options."""
    played = Toy(read_and_write, read_and_write, limits=Limits(3)).play(Guided([(0, 9), (1, 9)]))

    assert (played.failure, to_token(played.steps)) == (None, "w1*2.w2*2")


STRATEGIES: dict[str, Callable[[str], Strategy]] = {
    "chance": Chance,
    "priorities": lambda seed: Priorities(seed, changes=2, choices=10),
    "unlucky": Unlucky,
}


@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)
def test_chance_is_seeded(strategy: Callable[[str], Strategy]) -> None:
    """The same seed chooses the same, run after run."""
    toy = Toy(*[read_and_write] * 4, limits=Limits(100, 2, 2))

    first, second = (to_token(toy.play(strategy("7")).steps) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("number", range(6))
def test_a_sample_is_a_few_deviations(number: int) -> None:
    """What was chosen by chance is done again by its deviations, without chance."""
    toy = Toy(*[read_and_write] * 4, limits=Limits(100, 2, 2))
    strategy = sample(number, seed=0)
    by_chance = toy.play(strategy)

    guided = toy.play(Guided(strategy.deviations))

    assert guided.steps == by_chance.steps


def test_chance_differs_from_seed_to_seed() -> None:
    """Ten seeds do not all choose the same."""
    toy = Toy(*[read_and_write] * 4, limits=Limits(100))

    tokens = {to_token(toy.play(Chance(str(seed))).steps) for seed in range(10)}

    assert len(tokens) > 5


def test_bad_luck_finds_who_gives_up() -> None:
    """Somebody new is faster each time that the first worker writes."""
    toy = Toy(*[gives_up_after_three_races] * 5, limits=Limits(100))

    played = toy.play(Unlucky("0"))

    assert counts(played.stage)[0] != 5
