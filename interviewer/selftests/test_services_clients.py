"""The four client functions: one operation a call, arguments checked, the services in force."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from infra.context import as_worker
from infra.errors import InvalidEmailError
from infra.operations import Operation, installed
from infra.services import (
    Services,
    analyze_sentiment,
    current_services,
    customer,
    fetch_reply,
    fetch_salesforce_data,
    reply_for,
    send_email,
    use_services,
)


class Notes:
    """A seam that only notes what passes it."""

    def __init__(self) -> None:
        self.passed: list[tuple[str, str, str]] = []

    async def before(self, operation: Operation) -> None:
        self.passed.append((operation.worker, operation.kind, operation.words))

    async def after(self, operation: Operation) -> None:
        self.passed.append((operation.worker, "answer", repr(operation.result or operation.error)))

    def cut(self, operation: Operation) -> None:
        self.passed.append((operation.worker, "cut", operation.words))


async def test_every_call_is_one_operation() -> None:
    """Each call passes the seam once, with the worker, its words and its answer."""
    notes = Notes()

    with installed(notes), use_services(Services.calm(customers=1)), as_worker("worker-7"):
        await send_email("ada@example.com", "Hello", "key-1")
        await fetch_reply("ada@example.com")
        await analyze_sentiment("I love it")
        await fetch_salesforce_data("SELECT Id FROM Contact")

    assert notes.passed == [
        ("worker-7", "service", "send_email('ada@example.com', 'key-1')"),
        ("worker-7", "answer", "'msg-000001'"),
        ("worker-7", "service", "fetch_reply('ada@example.com')"),
        ("worker-7", "answer", repr(reply_for("ada@example.com"))),
        ("worker-7", "service", "analyze_sentiment('I love it')"),
        ("worker-7", "answer", "'positive'"),
        ("worker-7", "service", "fetch_salesforce_data('SELECT Id FROM Contact')"),
        ("worker-7", "answer", repr([customer(1)])),
    ]


async def test_an_error_is_the_answer_of_its_operation() -> None:
    """A call that fails passes the seam once too, and the seam sees the error."""
    notes = Notes()

    with (
        installed(notes),
        use_services(Services.calm()),
        as_worker("worker-7"),
        pytest.raises(InvalidEmailError) as caught,
    ):
        await send_email("nobody", "Hello", "key-1")

    assert notes.passed == [
        ("worker-7", "service", "send_email('nobody', 'key-1')"),
        ("worker-7", "answer", repr(caught.value)),
    ]


async def test_the_effect_comes_before_the_wait() -> None:
    """A caller that is cancelled while it waits for the answer has sent its mail all the same."""
    services = Services.production(seed=1)

    with use_services(services):
        call = asyncio.create_task(send_email("ada@example.com", "Hello", "key-1"))
        await asyncio.sleep(0)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)

    assert [mail.to for mail in services.sendgrid.ledger.deliveries] == ["ada@example.com"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: send_email("a@example.com", "Hello", 7),  # type: ignore[arg-type]
            "idempotency_key must be a str, not int: send_email(to, body, idempotency_key)",
        ),
        (
            lambda: send_email(None, "Hello", "key"),  # type: ignore[arg-type]
            "to must be a str, not None: send_email(to, body, idempotency_key)",
        ),
        (
            lambda: fetch_reply(b"a@example.com"),  # type: ignore[arg-type]
            "email must be a str, not bytes: fetch_reply(email)",
        ),
        (
            lambda: analyze_sentiment(None),  # type: ignore[arg-type]
            "text must be a str, not None: analyze_sentiment(text)",
        ),
        (
            lambda: fetch_salesforce_data(10),  # type: ignore[arg-type]
            "query must be a str, not int: fetch_salesforce_data(query)",
        ),
    ],
)
async def test_an_argument_of_the_wrong_type_is_named(
    call: Callable[[], Awaitable[object]], message: str
) -> None:
    """A wrong type is a TypeError that names the argument and the signature; nothing is called."""
    notes = Notes()

    with installed(notes), use_services(Services.calm()), pytest.raises(TypeError) as caught:
        await call()

    assert (str(caught.value), notes.passed) == (message, [])


@pytest.mark.parametrize("key", ["", "  "])
async def test_an_empty_idempotency_key_is_refused(key: str) -> None:
    """An empty key would make all mails one: it is a ValueError."""
    with use_services(Services.calm()), pytest.raises(ValueError, match="idempotency_key is empty"):
        await send_email("ada@example.com", "Hello", key)


def test_services_are_in_force_inside_their_block_only() -> None:
    """`use_services` nests, and puts back what was there before."""
    default, outer, inner = current_services(), Services.calm(), Services.calm()

    seen = []
    with use_services(outer) as given:
        with use_services(inner):
            seen.append(current_services())
        seen.append(current_services())
    seen.append(current_services())

    assert (given, seen) == (outer, [inner, outer, default])


def test_services_are_put_back_after_an_error() -> None:
    """A block that ends in an error leaves no services behind."""
    default = current_services()

    with pytest.raises(ZeroDivisionError), use_services(Services.calm()):
        _ = 1 / 0

    assert current_services() == default
