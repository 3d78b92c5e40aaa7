"""The inbox: who answers what, and when the service does not."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra.errors import ExternalApiError
from infra.services import Outage, Replies, RepliesConfig, classify, customer, reply_for
from infra.services.replies import NEGATIVE_REPLIES, NEUTRAL_REPLIES, POSITIVE_REPLIES

CALM = RepliesConfig(latency_seconds=0, error_rate=0)


def test_a_reply_follows_from_the_address_alone() -> None:
    """The same address answers the same in every process and on every machine."""
    names = ("ada", "niklaus", "frances", "alan")

    assert [reply_for(f"{name}@example.com") for name in names] == [
        "Yes please, I'd love to see a demo. Does Thursday work?",
        "No thanks, we are not interested.",
        "Which plans do you have for a team of ten?",
        None,
    ]


def test_replies_come_in_their_shares() -> None:
    """40 % of customers never reply; 25 % are positive, 20 % negative, 15 % neutral."""
    replies = (reply_for(customer(number)["Email"]) for number in range(1, 20_001))

    counts = Counter(reply and classify(reply) for reply in replies)

    assert counts == {
        None: pytest.approx(8_000, rel=0.05),
        "positive": pytest.approx(5_000, rel=0.05),
        "negative": pytest.approx(4_000, rel=0.05),
        "neutral": pytest.approx(3_000, rel=0.05),
    }


def test_every_text_is_somebodys_reply() -> None:
    """All the texts are in use."""
    replies = {reply_for(customer(number)["Email"]) for number in range(1, 1_001)}

    assert replies == {None, *POSITIVE_REPLIES, *NEGATIVE_REPLIES, *NEUTRAL_REPLIES}


async def test_the_service_returns_the_customers_reply() -> None:
    """Asking is a read: the answer is the same every time."""
    replies = Replies(CALM)

    answers = [await replies.fetch("ada@example.com") for _ in range(2)]

    assert answers == [reply_for("ada@example.com")] * 2


@pytest.mark.parametrize(
    "config",
    [
        replace(CALM, error_rate=1),
        replace(CALM, outages=(Outage(datetime(2020, 1, 1, tzinfo=UTC)),)),
    ],
)
async def test_a_failing_inbox_raises_a_transient_error(config: RepliesConfig) -> None:
    """By chance or in an outage, the error is one that a retry can get past."""
    with pytest.raises(ExternalApiError, match="the inbox did not answer") as caught:
        await Replies(config).fetch("ada@example.com")

    assert caught.value.transient
