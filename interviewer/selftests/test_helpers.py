"""What `candidate/helpers.py` spares a candidate."""

import asyncio
from typing import get_args

import pytest

from candidate import helpers
from candidate.helpers import (
    WORKFLOW_STEPS,
    Action,
    generate_idempotency_key,
    get_next_step,
    is_permanent_error,
    is_transient_error,
    route,
    sleep,
)
from infra import (
    ExternalApiError,
    InvalidEmailError,
    JobStepName,
    RateLimitError,
    SalesforceError,
    SentimentAPIError,
    TimeoutError,
    now,
)
from infra.services import Sentiment
from interviewer.selftests.world import World, in_a_world


def test_the_names_are_those_of_the_contract() -> None:
    """`helpers` exports the contract's names, and the type of an action."""
    assert sorted(helpers.__all__) == sorted(
        """
        sleep generate_idempotency_key WORKFLOW_STEPS get_next_step
        is_transient_error is_permanent_error route Action
        """.split()
    )


def test_the_steps_follow_each_other() -> None:
    """The workflow ends at `done`; steps can be given as text."""
    following = {str(step): get_next_step(str(step)) for step in WORKFLOW_STEPS}

    assert following == {
        "send_email": JobStepName.ANALYZE,
        "analyze": JobStepName.TAKE_ACTION,
        "take_action": JobStepName.DONE,
        "done": None,
    }
    assert [get_next_step(step) for step in WORKFLOW_STEPS] == list(following.values())


def test_what_is_no_step_has_none_that_follows() -> None:
    """A text that is no step raises."""
    with pytest.raises(ValueError, match="sent_email"):
        get_next_step("sent_email")


def test_a_key_depends_on_the_job_and_the_step_alone() -> None:
    """The same key comes again and again, however the step is given; other jobs get others."""
    keys = [
        generate_idempotency_key(7, "send_email"),
        generate_idempotency_key(7, JobStepName.SEND_EMAIL),
        generate_idempotency_key(8, "send_email"),
        generate_idempotency_key(7, "analyze"),
    ]

    assert keys == ["job-7-send_email", "job-7-send_email", "job-8-send_email", "job-7-analyze"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RateLimitError(), "transient"),
        (TimeoutError(), "transient"),
        (SentimentAPIError(), "transient"),
        (ExternalApiError(), "transient"),
        (SalesforceError("no answer"), "transient"),
        (SalesforceError("cannot read it", transient=False), "permanent"),
        (InvalidEmailError(), "permanent"),
        (ValueError(), "neither"),
        (ConnectionError(), "neither"),
        (KeyboardInterrupt(), "neither"),
    ],
    ids=repr,
)
def test_errors_are_transient_permanent_or_neither(error: BaseException, kind: str) -> None:
    """An error of an external service is the one or the other; any other error is neither."""
    is_transient, is_permanent = is_transient_error(error), is_permanent_error(error)

    assert (is_transient, is_permanent) == (kind == "transient", kind == "permanent")


def test_every_sentiment_has_a_route() -> None:
    """A good answer goes to sales, a bad one unsubscribes; all else, or none, is followed up."""
    sentiments: list[Sentiment | None] = [*get_args(Sentiment), None]

    routes = {sentiment: route(sentiment) for sentiment in sentiments}

    assert routes == {
        "positive": "notify_sales",
        "negative": "unsubscribe",
        "neutral": "follow_up",
        None: "follow_up",
    }
    assert set(routes.values()) == set(get_args(Action))


@in_a_world()
async def test_sleep_waits_without_blocking(world: World) -> None:
    """`sleep` is one operation, in which others go on, just as asyncio's is in a simulation."""
    started = now()

    await asyncio.gather(sleep(2), sleep(3), asyncio.sleep(1))

    assert (now() - started).total_seconds() == 3
    assert world.operations == ["sleep(2)", "sleep(3)", "sleep(1)"]
