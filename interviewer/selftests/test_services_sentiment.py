"""The sentiment service: the tone it hears in a text, and when it does not answer."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra.errors import SentimentAPIError
from infra.services import Outage, Sentiment, SentimentApi, SentimentConfig, classify
from infra.services.replies import NEGATIVE_REPLIES, NEUTRAL_REPLIES, POSITIVE_REPLIES

CALM = SentimentConfig(latency_seconds=0, error_rate=0)


@pytest.mark.parametrize(
    ("expected", "texts"),
    [
        ("positive", POSITIVE_REPLIES),
        ("negative", NEGATIVE_REPLIES),
        ("neutral", NEUTRAL_REPLIES),
    ],
)
def test_every_reply_has_the_tone_it_is_meant_to_have(
    expected: Sentiment, texts: tuple[str, ...]
) -> None:
    """The service agrees with the inbox about each text that a customer can send."""
    assert {text: classify(text) for text in texts} == dict.fromkeys(texts, expected)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("positive", "I LOVE it!"),
        ("positive", "Not bad at all"),
        ("positive", "Can't wait to try it"),
        ("positive", "Too expensive at first, but now I love it"),
        ("negative", "No"),
        ("negative", "No thank you"),
        ("negative", "I’m not really interested"),
        ("negative", "This isn't useful for us"),
        ("negative", "Do not email me again"),
        ("negative", "Great product, but too expensive"),
        ("negative", "Good morning, please remove me from your list"),
        ("neutral", "Thanks, I will think about it"),
        ("neutral", "I'm not sure yet"),
        ("neutral", "How much does it cost?"),
        ("neutral", "Mañana, quizás"),
        ("neutral", "12345"),
        ("neutral", " "),
        ("neutral", ""),
    ],
)
def test_other_texts_have_the_tone_that_a_person_hears(expected: Sentiment, text: str) -> None:
    """Words count, a negation before them turns them, and what follows a "but" decides."""
    assert classify(text) == expected


async def test_the_service_returns_the_tone() -> None:
    """A good call returns one of the three words."""
    assert await SentimentApi(CALM).analyze("I love it") == "positive"


@pytest.mark.parametrize(
    "config",
    [
        replace(CALM, error_rate=1),
        replace(CALM, outages=(Outage(datetime(2020, 1, 1, tzinfo=UTC)),)),
    ],
)
async def test_a_failing_service_raises_a_transient_error(config: SentimentConfig) -> None:
    """By chance or in an outage, the error is one that a retry can get past."""
    with pytest.raises(SentimentAPIError, match="did not answer") as caught:
        await SentimentApi(config).analyze("I love it")

    assert caught.value.transient


async def test_the_same_seed_has_the_same_luck() -> None:
    """The k-th call fails again in the next run, and not in that of another seed."""

    async def run(seed: int) -> list[bool]:
        service = SentimentApi(replace(CALM, error_rate=0.5), seed=seed)
        failures = []
        for _ in range(30):
            try:
                await service.analyze("I love it")
                failures.append(False)
            except SentimentAPIError:
                failures.append(True)
        return failures

    assert await run(1) == await run(1) != await run(2)
