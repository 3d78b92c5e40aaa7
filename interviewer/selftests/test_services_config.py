"""How services are configured: production's figures, and what a configuration may not be."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from infra.services import (
    Outage,
    RepliesConfig,
    SalesforceConfig,
    SendGridConfig,
    SentimentConfig,
    Services,
)

NOON = datetime(2025, 1, 6, 12, tzinfo=UTC)
ONE = datetime(2025, 1, 6, 13, tzinfo=UTC)


def test_production_is_as_slow_and_as_faulty_as_told() -> None:
    """Production's figures are the defaults of each configuration."""
    services = Services.production()

    assert services.sendgrid.config == SendGridConfig(
        latency_seconds=0.2, error_rate=0.05, rate_limit_per_second=500, timeout_seconds=10.0
    )
    assert services.salesforce.config == SalesforceConfig(latency_seconds=0.5, error_rate=0.02)
    assert services.replies.config == RepliesConfig(latency_seconds=0.3, error_rate=0.01)
    assert services.sentiment.config == SentimentConfig(latency_seconds=0.3, error_rate=0.01)
    assert services.salesforce.customers == 50_000


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RepliesConfig(latency_seconds=-1), "latency_seconds is 0 or more, not -1"),
        (lambda: SentimentConfig(error_rate=5), "error_rate is between 0 and 1, not 5"),
        (
            lambda: SendGridConfig(rate_limit_per_second=0),
            "rate_limit_per_second is 1 or more, or None, not 0",
        ),
        (
            lambda: SendGridConfig(timeout_seconds=0.1),
            "timeout_seconds is at least latency_seconds (0.2), not 0.1",
        ),
        (lambda: Services.calm(customers=-1), "customers is 0 or more, not -1"),
        (
            lambda: Outage(NOON.replace(tzinfo=None)),
            "an outage takes aware datetimes: datetime(..., tzinfo=UTC)",
        ),
        (
            lambda: Outage(ONE, NOON),
            "an outage ends after it starts, not from 2025-01-06 13:00 to 2025-01-06 12:00",
        ),
    ],
)
def test_an_impossible_configuration_is_refused(make: Callable[[], object], message: str) -> None:
    """What cannot be is a ValueError of one line that names the figure."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make()


def test_an_outage_lasts_from_its_start_until_its_end() -> None:
    """The start is in it, the end is not; without an end it lasts for good."""
    moments = [datetime(2025, 1, 6, 11, 59, tzinfo=UTC), NOON, ONE]

    assert [Outage(NOON, ONE).covers(moment) for moment in moments] == [False, True, False]
    assert [Outage(NOON).covers(moment) for moment in moments] == [False, True, True]
