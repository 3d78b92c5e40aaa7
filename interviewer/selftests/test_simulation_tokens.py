"""Replay tokens: steps in short, and back."""

import pytest

from infra.simulation.scheduler import Act, Limits, Step
from infra.simulation.tokens import TokenError, from_token, to_token
from interviewer.selftests.toys import Toy, add_one, count, set_count

TOKENS = {
    "": [],
    "w1*2.w12*1": [Step("w1"), Step("w1"), Step("w12")],
    "w1*1.w1x": [Step("w1"), Step("w1", Act.CRASH)],
    "w1-2*1.w1r*2": [
        Step("w1-2"),
        Step("w1", Act.RATE_LIMITED),
        Step("w1", Act.RATE_LIMITED),
    ],
    "w1b.w1a.w1e.w1t": [
        Step("w1", Act.TIMEOUT_BEFORE_DELIVERY),
        Step("w1", Act.TIMEOUT_AFTER_DELIVERY),
        Step("w1", Act.ERROR),
        Step("w1", Act.HOLD),
    ],
}


async def read_and_write() -> None:
    await set_count(await count() + 1)


@pytest.mark.parametrize(("token", "steps"), TOKENS.items())
def test_a_token_is_its_steps(token: str, steps: list[Step]) -> None:
    """A token stands for steps, and the steps for the token."""
    assert (from_token(token), to_token(steps)) == (steps, token)


@pytest.mark.parametrize("part", ["zzz", "w", "w1q", "1*8", "w1**2", "w1*9999999", "w1 *2"])
def test_nonsense_is_named(part: str) -> None:
    """What is no part of a token is said in a line, with an example of one that is."""
    with pytest.raises(TokenError) as error:
        from_token(f"w1*3.{part}")

    assert str(error.value) == f"{part!r} is no part of a token such as w1*8.w2*11.w1x"


def test_a_token_repeats_its_run() -> None:
    """The steps of a run, as a token, lead to the same steps again."""
    toy = Toy(read_and_write, read_and_write, add_one, limits=Limits(2, 1))
    steps = toy.replay("w1*1.w2*1.w2x").steps

    again = toy.replay(to_token(steps)).steps

    assert again == steps


@pytest.mark.parametrize(
    ("token", "place"),
    [("w9*1", "1 of the token, w9*1"), ("w1*1.w2r", "2 of the token, w2r")],
)
def test_a_step_that_is_not_there_is_told(token: str, place: str) -> None:
    """A token of other code is told by the first step that cannot be."""
    toy = Toy(read_and_write, add_one, limits=Limits(2, 1))

    with pytest.raises(TokenError) as error:
        toy.replay(token)

    assert str(error.value) == (
        f"step {place}, is not possible: "
        "the solution has changed since, or the token is of another check"
    )
