"""Which addresses SendGrid takes, and how it refuses the others."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra.errors import InvalidEmailError, SendGridError
from infra.services import Fault, Outage, Outcome, SendGrid, SendGridConfig

CALM = SendGridConfig(latency_seconds=0, error_rate=0, rate_limit_per_second=None)
DOWN_FOR_GOOD = Outage(datetime(2020, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "address",
    [
        "o'brien@example.com",
        "zoë@exämple.com",
        'very."quoted"@example.com',
        "a+b@mail.example.co.uk",
        "a@b.c",
    ],
)
async def test_unusual_addresses_are_good(address: str) -> None:
    """Quotes, unicode and plus signs are fine; the mail goes to the address as it was given."""
    sendgrid = SendGrid(CALM)

    await sendgrid.send(address, "Hello", "key-1")

    assert [mail.to for mail in sendgrid.ledger.deliveries] == [address]


@pytest.mark.parametrize(
    "address",
    [
        *("", "nobody", "@example.com", "a@", "a@b", "a@b@example.com", "a@.com", "a@b..com"),
        *("a b@example.com", " a@example.com", "a@example.com\n", "a\0@example.com", "a@b.com."),
    ],
)
async def test_an_invalid_address_is_refused_whatever_else_happens(address: str) -> None:
    """It gets no mail and is refused as invalid, in an outage and by any chance."""
    config = replace(CALM, error_rate=1, outages=(DOWN_FOR_GOOD,))
    sendgrid = SendGrid(config)

    with pytest.raises(InvalidEmailError) as caught:
        await sendgrid.send(address, "Hello", "key-1")

    assert str(caught.value) == f"SendGrid: {address!r} is not an email address"
    assert not caught.value.transient
    assert [call.outcome for call in sendgrid.ledger.calls] == [Outcome.INVALID]
    assert sendgrid.ledger.deliveries == []


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault.RATE_LIMITED, Outcome.RATE_LIMITED),
        (Fault.TIMEOUT_BEFORE_DELIVERY, Outcome.TIMED_OUT_BEFORE_DELIVERY),
        (Fault.TIMEOUT_AFTER_DELIVERY, Outcome.INVALID),
    ],
)
async def test_a_fault_that_is_asked_for_comes_before_the_address(
    fault: Fault, outcome: Outcome
) -> None:
    """Any call may be limited or time out; but what was looked at and refused is not delivered."""
    sendgrid = SendGrid(replace(CALM, timeout_seconds=0))
    sendgrid.faults = lambda call: fault

    with pytest.raises(SendGridError):
        await sendgrid.send("nobody", "Hello", "key-1")

    assert [call.outcome for call in sendgrid.ledger.calls] == [outcome]
    assert sendgrid.ledger.deliveries == []


async def test_swapped_arguments_are_told() -> None:
    """When another argument is the address, the error says so."""
    with pytest.raises(InvalidEmailError) as caught:
        await SendGrid(CALM).send("Hello", "ada@example.com", "key-1")

    assert str(caught.value) == (
        "SendGrid: 'Hello' is not an email address, but body is: were the arguments swapped? "
        "send_email(to, body, idempotency_key)"
    )
