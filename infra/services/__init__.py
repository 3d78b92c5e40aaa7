"""The external services: four functions to call them, and the set of services that answers.

Everything here is a mock inside this process. `send_email` and its siblings ask the services in
force: those of production, until `use_services` puts others in their place.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from infra.operations import perform
from infra.services.customers import CUSTOMERS, Record, customer
from infra.services.ledger import Delivery, Ledger, Outcome, SendGridCall
from infra.services.replies import Replies, RepliesConfig, reply_for
from infra.services.salesforce import Salesforce, SalesforceConfig
from infra.services.sendgrid import SEND_EMAIL, DecideFault, Fault, SendGrid, SendGridConfig
from infra.services.sentiment import Sentiment, SentimentApi, SentimentConfig, classify
from infra.services.service import Outage, require_text

__all__ = [
    "DecideFault",
    "Delivery",
    "Fault",
    "Ledger",
    "Outage",
    "Outcome",
    "Record",
    "Replies",
    "RepliesConfig",
    "Salesforce",
    "SalesforceConfig",
    "SendGrid",
    "SendGridCall",
    "SendGridConfig",
    "Sentiment",
    "SentimentApi",
    "SentimentConfig",
    "Services",
    "analyze_sentiment",
    "classify",
    "current_services",
    "customer",
    "fetch_reply",
    "fetch_salesforce_data",
    "reply_for",
    "send_email",
    "use_services",
]


async def send_email(to: str, body: str, idempotency_key: str) -> str:
    """Send one email through SendGrid and return its message id.

    The same key again within 24 hours returns the same message id and delivers nothing.

    Raises RateLimitError (wait `retry_after` seconds), TimeoutError (the mail may or may not have
    gone out) and InvalidEmailError (this address will never work); all are SendGridErrors.
    """
    require_text(SEND_EMAIL, to=to, body=body, idempotency_key=idempotency_key)
    if not idempotency_key.strip():
        raise ValueError(f"idempotency_key is empty: {SEND_EMAIL}")

    return await perform(
        "service",
        "send_email",
        (to, idempotency_key),
        lambda: current_services().sendgrid.send(to, body, idempotency_key),
    )


async def fetch_reply(email: str) -> str | None:
    """Return the customer's answer as text, or `None` when none has come.

    Raises ExternalApiError when the inbox does not answer; the same call can succeed later.
    """
    require_text("fetch_reply(email)", email=email)
    return await perform(
        "service", "fetch_reply", (email,), lambda: current_services().replies.fetch(email)
    )


async def analyze_sentiment(text: str) -> Sentiment:
    """Return the tone of a text: 'positive', 'negative' or 'neutral'.

    Raises SentimentAPIError when the service does not answer; the same call can succeed later.
    """
    require_text("analyze_sentiment(text)", text=text)
    return await perform(
        "service", "analyze_sentiment", (text,), lambda: current_services().sentiment.analyze(text)
    )


async def fetch_salesforce_data(query: str) -> list[Record]:
    """Return the contacts that a query selects, each a dict of Id, Email, Name and Company.

    For example `SELECT Id, Email FROM Contact WHERE Company LIKE 'A%' LIMIT 200 OFFSET 400`.
    Without ORDER BY they come in the order of their ids.

    Raises SalesforceError, whose `transient` tells a service that did not answer (true) from a
    query that it cannot read (false).
    """
    require_text("fetch_salesforce_data(query)", query=query)
    return await perform(
        "service",
        "fetch_salesforce_data",
        (query,),
        lambda: current_services().salesforce.query(query),
    )


@dataclass(frozen=True, kw_only=True)
class Services:
    """One of each service."""

    sendgrid: SendGrid
    salesforce: Salesforce
    replies: Replies
    sentiment: SentimentApi

    @classmethod
    def production(cls, *, seed: int = 0, customers: int = CUSTOMERS) -> Self:
        """Make services as slow, as limited and as faulty as those of production."""
        return cls(
            sendgrid=SendGrid(SendGridConfig(), seed=seed),
            salesforce=Salesforce(SalesforceConfig(), seed=seed, customers=customers),
            replies=Replies(RepliesConfig(), seed=seed),
            sentiment=SentimentApi(SentimentConfig(), seed=seed),
        )

    @classmethod
    def calm(cls, *, customers: int = CUSTOMERS) -> Self:
        """Make services that answer at once, take any number of calls and never fail by chance."""
        return cls(
            sendgrid=SendGrid(
                SendGridConfig(latency_seconds=0, error_rate=0, rate_limit_per_second=None)
            ),
            salesforce=Salesforce(
                SalesforceConfig(latency_seconds=0, error_rate=0), customers=customers
            ),
            replies=Replies(RepliesConfig(latency_seconds=0, error_rate=0)),
            sentiment=SentimentApi(SentimentConfig(latency_seconds=0, error_rate=0)),
        )


_services = Services.production()


def current_services() -> Services:
    """Return the services in force in this process."""
    return _services


@contextmanager
def use_services(services: Services) -> Iterator[Services]:
    """Let these services answer every call of this process inside the block."""
    global _services
    before, _services = _services, services
    try:
        yield services
    finally:
        _services = before
