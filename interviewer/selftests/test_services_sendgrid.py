"""SendGrid: what it delivers, what it refuses, and what its ledger tells."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from infra.context import as_worker
from infra.errors import RateLimitError, SendGridError, TimeoutError
from infra.services import Delivery, Fault, Outage, Outcome, SendGrid, SendGridCall, SendGridConfig
from infra.services import sendgrid as sendgrid_module

START = datetime(2025, 1, 6, 9, tzinfo=UTC)
CALM = SendGridConfig(latency_seconds=0, error_rate=0, rate_limit_per_second=None)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands still until a test moves it."""
    with time_machine.travel(START, tick=False) as coordinates:
        yield coordinates


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that each call waited for its answer; none pass in truth."""
    seconds: list[float] = []

    async def note(duration: float) -> None:
        seconds.append(duration)

    monkeypatch.setattr(sendgrid_module, "wait", note)
    return seconds


def failing(*faults: Fault | None) -> SendGrid:
    """A SendGrid whose k-th call meets the k-th fault."""
    return SendGrid(CALM, faults=lambda call: dict(enumerate(faults, 1)).get(call.number))


def outcomes(sendgrid: SendGrid) -> list[Outcome]:
    return [call.outcome for call in sendgrid.ledger.calls]


async def send(sendgrid: SendGrid, key: str, to: str = "ada@example.com") -> str:
    """Send a mail; tell its message id, or the name of the error."""
    try:
        return await sendgrid.send(to, "Hello", key)
    except SendGridError as error:
        return type(error).__name__


async def test_a_mail_is_delivered_and_noted() -> None:
    """A good call returns its message id; the ledger has the call and the delivery."""
    sendgrid = SendGrid(CALM)

    with as_worker("worker-7"):
        message_id = await sendgrid.send("ada@example.com", "Hello", "key-1")

    assert message_id == "msg-000001"
    assert sendgrid.ledger.calls == [
        SendGridCall(
            number=1,
            at=START,
            worker="worker-7",
            to="ada@example.com",
            body="Hello",
            idempotency_key="key-1",
            outcome=Outcome.DELIVERED,
            message_id="msg-000001",
        )
    ]
    assert sendgrid.ledger.deliveries == [
        Delivery(
            at=START,
            to="ada@example.com",
            body="Hello",
            idempotency_key="key-1",
            message_id="msg-000001",
            call=1,
        )
    ]


async def test_a_known_key_is_absorbed() -> None:
    """The same key again returns the same message id and delivers nothing."""
    sendgrid = SendGrid(CALM)

    ids = [await send(sendgrid, key) for key in ("key-1", "key-2", "key-1")]

    assert ids == ["msg-000001", "msg-000002", "msg-000001"]
    assert outcomes(sendgrid) == [Outcome.DELIVERED, Outcome.DELIVERED, Outcome.ABSORBED]
    assert len(sendgrid.ledger.deliveries) == 2


async def test_a_key_is_known_for_24_hours(clock: time_machine.Traveller) -> None:
    """24 hours after its delivery a key is forgotten; being used does not keep it."""
    sendgrid = SendGrid(CALM)

    ids = [await send(sendgrid, "key-1")]
    for wait in (timedelta(hours=24, microseconds=-1), timedelta(microseconds=1)):
        clock.shift(wait)
        ids.append(await send(sendgrid, "key-1"))

    assert ids == ["msg-000001", "msg-000001", "msg-000002"]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault.RATE_LIMITED, Outcome.RATE_LIMITED),
        (Fault.TIMEOUT_BEFORE_DELIVERY, Outcome.TIMED_OUT_BEFORE_DELIVERY),
    ],
)
async def test_a_fault_before_delivery_delivers_nothing(fault: Fault, outcome: Outcome) -> None:
    """A rate limit or a timeout before delivery sends nothing, and the retry sends the mail."""
    sendgrid = failing(fault)

    await send(sendgrid, "key-1")
    retried = await send(sendgrid, "key-1")

    assert retried == "msg-000001"
    assert outcomes(sendgrid) == [outcome, Outcome.DELIVERED]
    assert [mail.call for mail in sendgrid.ledger.deliveries] == [2]


async def test_a_timeout_after_delivery_has_delivered() -> None:
    """The mail went out though no answer came, so the retry is absorbed."""
    sendgrid = failing(Fault.TIMEOUT_AFTER_DELIVERY)

    answers = [await send(sendgrid, "key-1"), await send(sendgrid, "key-1")]

    assert answers == ["TimeoutError", "msg-000001"]
    assert outcomes(sendgrid) == [Outcome.TIMED_OUT_AFTER_DELIVERY, Outcome.ABSORBED]
    assert [mail.call for mail in sendgrid.ledger.deliveries] == [1]


@pytest.mark.parametrize("fault", list(Fault))
async def test_a_fault_on_a_known_key_delivers_nothing(fault: Fault) -> None:
    """Whatever a retry of a known key meets, the customer gets no second mail."""
    sendgrid = failing(None, fault)

    answers = [await send(sendgrid, "key-1") for _ in range(3)]

    assert (answers[0], answers[2]) == ("msg-000001", "msg-000001")
    assert outcomes(sendgrid)[1] == fault.value
    assert len(sendgrid.ledger.deliveries) == 1


async def test_faults_are_told_what_the_call_would_do() -> None:
    """The hook is asked once a call, with the call as it ends when there is no fault."""
    asked: list[SendGridCall] = []
    sendgrid = SendGrid(CALM, faults=asked.append)

    for _ in range(2):
        await send(sendgrid, "key-1")

    first, second = sendgrid.ledger.calls
    assert asked == [replace(first, message_id=None), second]


async def test_the_hook_decides_in_place_of_chance() -> None:
    """With a hook nothing fails by chance."""
    sendgrid = SendGrid(replace(CALM, error_rate=1), faults=lambda _call: None)

    assert await send(sendgrid, "key-1") == "msg-000001"


async def test_answers_take_the_latency_and_timeouts_the_timeout(waits: list[float]) -> None:
    """A call waits once: for the latency, or for the whole timeout and no latency on top."""
    faults = dict(enumerate(Fault, start=3))
    sendgrid = SendGrid(SendGridConfig(), faults=lambda call: faults.get(call.number))

    for key, to in [("a", "a@example.com"), ("b", "nobody"), *[("c", "c@example.com")] * 3]:
        await send(sendgrid, key, to)

    assert waits == [0.2, 0.2, 0.2, 10.0, 10.0]


async def test_the_rate_limit_slides(clock: time_machine.Traveller) -> None:
    """No second has more calls than the limit; one more is told how long to wait, and no longer."""
    sendgrid = SendGrid(replace(CALM, rate_limit_per_second=2))
    await send(sendgrid, "key-1")
    clock.shift(0.75)
    await send(sendgrid, "key-2")

    with pytest.raises(RateLimitError) as caught:
        await sendgrid.send("ada@example.com", "Hello", "key-3")
    clock.shift(caught.value.retry_after)
    answers = [await send(sendgrid, "key-3"), await send(sendgrid, "key-4")]

    assert caught.value.retry_after == 0.25
    assert answers == ["msg-000003", "RateLimitError"]


async def test_only_calls_that_are_taken_count_for_the_rate_limit(
    clock: time_machine.Traveller,
) -> None:
    """Neither a limited call nor an invalid address takes a place; an absorbed call does."""
    sendgrid = SendGrid(
        replace(CALM, rate_limit_per_second=2),
        faults=lambda call: Fault.RATE_LIMITED if call.number == 1 else None,
    )

    await send(sendgrid, "key-1")
    await send(sendgrid, "key-1", to="nobody")
    first_second = [await send(sendgrid, "key-1") for _ in range(5)]
    clock.shift(1)
    next_second = [await send(sendgrid, "key-1") for _ in range(3)]

    assert first_second == ["msg-000001"] * 2 + ["RateLimitError"] * 3
    assert next_second == ["msg-000001"] * 2 + ["RateLimitError"]


async def test_a_limit_by_chance_asks_for_a_second() -> None:
    """A call that is limited though the window is free is told to wait one second."""
    with pytest.raises(RateLimitError) as caught:
        await failing(Fault.RATE_LIMITED).send("ada@example.com", "Hello", "key-1")

    assert caught.value.retry_after == 1.0


async def test_an_outage_times_every_call_out(clock: time_machine.Traveller) -> None:
    """In an outage no call is answered and nothing is delivered; after it all is as before."""
    outage = Outage(START + timedelta(hours=1), START + timedelta(hours=2))
    sendgrid = SendGrid(replace(CALM, outages=(outage,)))

    answers = []
    for hour in range(3):
        answers.append(await send(sendgrid, f"key-{hour}"))
        clock.shift(timedelta(hours=1))

    assert answers == ["msg-000001", "TimeoutError", "msg-000002"]
    assert outcomes(sendgrid)[1] == Outcome.TIMED_OUT_BEFORE_DELIVERY


async def test_a_timeout_does_not_tell_whether_the_mail_went_out() -> None:
    """Before and after delivery the error reads the same."""
    sendgrid = failing(Fault.TIMEOUT_BEFORE_DELIVERY, Fault.TIMEOUT_AFTER_DELIVERY)

    messages = set()
    for _ in range(2):
        with pytest.raises(TimeoutError) as caught:
            await sendgrid.send("ada@example.com", "Hello", "key-1")
        messages.add(str(caught.value))

    assert messages == {
        "SendGrid: no answer within 10 s: the mail may or may not have gone out",
    }


async def test_chance_fails_its_share_of_the_calls_evenly() -> None:
    """Of many calls 5 % fail, a third of them by each fault."""
    sendgrid = SendGrid(replace(CALM, error_rate=0.05), seed=1)

    for number in range(20_000):
        await send(sendgrid, f"key-{number}")

    counts = Counter(outcomes(sendgrid))
    del counts[Outcome.DELIVERED]
    assert counts == {
        Outcome.RATE_LIMITED: pytest.approx(333, rel=0.15),
        Outcome.TIMED_OUT_BEFORE_DELIVERY: pytest.approx(333, rel=0.15),
        Outcome.TIMED_OUT_AFTER_DELIVERY: pytest.approx(333, rel=0.15),
    }


async def test_the_same_seed_has_the_same_luck() -> None:
    """The k-th call meets the same fault again, whatever became of the calls before it."""

    async def run(seed: int, first_address: str) -> list[Outcome]:
        sendgrid = SendGrid(replace(CALM, error_rate=0.5), seed=seed)
        await send(sendgrid, "key-0", to=first_address)
        for number in range(1, 30):
            await send(sendgrid, f"key-{number}")
        return outcomes(sendgrid)[1:]

    assert await run(1, "ada@example.com") == await run(1, "nobody")
    assert await run(1, "ada@example.com") != await run(2, "ada@example.com")


async def test_the_ledger_tells_who_got_more_than_one_mail() -> None:
    """`duplicates` counts the mails of each address that got several."""
    sendgrid = SendGrid(CALM)

    for key, to in [("1", "a@example.com"), ("2", "b@example.com"), ("3", "a@example.com")]:
        await send(sendgrid, key, to)

    assert sendgrid.ledger.duplicates() == {"a@example.com": 2}
    mails = sendgrid.ledger.deliveries_to("a@example.com")
    assert [mail.message_id for mail in mails] == ["msg-000001", "msg-000003"]
    assert sendgrid.ledger.deliveries_to("c@example.com") == []
