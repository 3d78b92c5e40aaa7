"""The ledger of SendGrid: every call that reached it, and every mail that it really sent."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a call."""

    DELIVERED = "delivered"
    ABSORBED = "absorbed"  # a known idempotency key: answered as before, nothing delivered
    RATE_LIMITED = "rate_limited"
    TIMED_OUT_BEFORE_DELIVERY = "timed_out_before_delivery"
    TIMED_OUT_AFTER_DELIVERY = "timed_out_after_delivery"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGridCall:
    """One call. `number` counts all calls from 1.

    `message_id` is the mail that stands for this call, whether or not the caller learned of it:
    sent by this call, or by an earlier one with the same key. `None` when there is none.
    """

    number: int
    at: datetime
    worker: str
    to: str
    body: str
    idempotency_key: str
    outcome: Outcome
    message_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One mail that really went out. `call` is the number of the call that sent it."""

    at: datetime
    to: str
    body: str
    idempotency_key: str
    message_id: str
    call: int


class Ledger:
    """All calls and all deliveries, in the order in which they happened."""

    def __init__(self) -> None:
        self.calls: list[SendGridCall] = []
        self.deliveries: list[Delivery] = []
        self._by_address: defaultdict[str, list[Delivery]] = defaultdict(list)

    def deliveries_to(self, email: str) -> list[Delivery]:
        """Return the mails that went to exactly that address, oldest first."""
        return list(self._by_address.get(email, ()))

    def duplicates(self) -> dict[str, int]:
        """Return each address that got more than one mail, with how many it got."""
        return {to: len(mails) for to, mails in self._by_address.items() if len(mails) > 1}

    def deliver(self, call: SendGridCall) -> Delivery:
        """Note that this call's mail went out. Message ids count up in the order of delivery."""
        delivery = Delivery(
            at=call.at,
            to=call.to,
            body=call.body,
            idempotency_key=call.idempotency_key,
            message_id=f"msg-{len(self.deliveries) + 1:06d}",
            call=call.number,
        )
        self.deliveries.append(delivery)
        self._by_address[call.to].append(delivery)
        return delivery
