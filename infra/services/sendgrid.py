"""A mock SendGrid: rate limit, timeouts on either side of the delivery, idempotency keys."""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from infra.clock import now, wait
from infra.context import current_worker_id
from infra.errors import InvalidEmailError, RateLimitError, SendGridError, TimeoutError
from infra.services.ledger import Delivery, Ledger, Outcome, SendGridCall
from infra.services.service import Service, ServiceConfig

SEND_EMAIL = "send_email(to, body, idempotency_key)"
KEY_LIFETIME = timedelta(hours=24)
"""From its delivery on, so long does a key stand for that mail. Then it is a new mail's."""

_SENT = (Outcome.DELIVERED, Outcome.ABSORBED, Outcome.TIMED_OUT_AFTER_DELIVERY)
_SECOND = timedelta(seconds=1)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


class Fault(StrEnum):
    """How a call can fail by chance. Each value is that of the outcome it leads to."""

    RATE_LIMITED = Outcome.RATE_LIMITED.value
    TIMEOUT_BEFORE_DELIVERY = Outcome.TIMED_OUT_BEFORE_DELIVERY.value
    TIMEOUT_AFTER_DELIVERY = Outcome.TIMED_OUT_AFTER_DELIVERY.value


_FAULTS = tuple(Fault)

DecideFault = Callable[[SendGridCall], Fault | None]
"""Decides a call's fault. Is given the call with what becomes of it when there is none."""


@dataclass(frozen=True, kw_only=True)
class SendGridConfig(ServiceConfig):
    """SendGrid as in production. A rate limit of `None` is none.

    A call that times out takes `timeout_seconds` in all, and so does every call in an outage.
    """

    latency_seconds: float = 0.2
    error_rate: float = 0.05
    rate_limit_per_second: int | None = 500
    timeout_seconds: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        limit = self.rate_limit_per_second
        if limit is not None and limit < 1:
            raise ValueError(f"rate_limit_per_second is 1 or more, or None, not {limit}")
        if self.timeout_seconds < self.latency_seconds:
            raise ValueError(
                f"timeout_seconds is at least latency_seconds ({self.latency_seconds}), "
                f"not {self.timeout_seconds}"
            )


class SendGrid(Service[SendGridConfig]):
    """The service. `ledger` tells what it did; `faults`, when given, decides in place of chance."""

    name = "sendgrid"

    def __init__(
        self, config: SendGridConfig, *, seed: int = 0, faults: DecideFault | None = None
    ) -> None:
        super().__init__(config, seed=seed)
        self.faults = faults
        self.retry_after_seconds = _SECOND.total_seconds()
        """What a call is told that was limited by a fault, as it finds the window free."""
        self.ledger = Ledger()
        self._mail_of_key: dict[str, Delivery] = {}
        self._taken: deque[datetime] = deque()

    async def send(self, to: str, body: str, idempotency_key: str) -> str:
        """Send one mail and return its message id, or raise a `SendGridError`.

        The effect comes first and the wait for the answer after it: a caller that dies or is
        cancelled while waiting has sent its mail all the same.
        """
        answer = self._receive(to, body, idempotency_key)
        has_timed_out = isinstance(answer, TimeoutError)
        await wait(self.config.timeout_seconds if has_timed_out else self.config.latency_seconds)
        if isinstance(answer, SendGridError):
            raise answer
        return answer

    def _receive(self, to: str, body: str, idempotency_key: str) -> str | SendGridError:
        """Decide what becomes of a call, do it, note it, and return what the caller is told."""
        at = now()
        known = self._known_message_id(idempotency_key, at)
        call = SendGridCall(
            number=len(self.ledger.calls) + 1,
            at=at,
            worker=current_worker_id(),
            to=to,
            body=body,
            idempotency_key=idempotency_key,
            outcome=Outcome.DELIVERED if known is None else Outcome.ABSORBED,
            message_id=known,
        )
        call = self._settle(call, self._decide(call))
        self.ledger.calls.append(call)

        if call.message_id is None or call.outcome is Outcome.TIMED_OUT_AFTER_DELIVERY:
            return self._error(call)
        return call.message_id

    def _known_message_id(self, idempotency_key: str, at: datetime) -> str | None:
        mail = self._mail_of_key.get(idempotency_key)
        return mail.message_id if mail is not None and at - mail.at < KEY_LIFETIME else None

    def _decide(self, call: SendGridCall) -> Outcome:
        """Return what becomes of a call: address, outage, rate limit, fault, key, in this order.

        A fault that was asked for comes before the address is looked at, if it can.
        """
        by_chance = None if self.faults else self._fault(self._draw())
        fault = self.faults(call) if self.faults else None
        if not is_address(call.to):
            if fault is None or fault is Fault.TIMEOUT_AFTER_DELIVERY:
                return Outcome.INVALID
            return Outcome(fault.value)
        if self.config.is_down(call.at):
            return Outcome.TIMED_OUT_BEFORE_DELIVERY
        if self._seconds_until_free(call.at) > 0:
            return Outcome.RATE_LIMITED

        fault = fault or by_chance
        if fault is not Fault.RATE_LIMITED and self.config.rate_limit_per_second is not None:
            self._taken.append(call.at)
        return call.outcome if fault is None else Outcome(fault.value)

    def _seconds_until_free(self, at: datetime) -> float:
        """Return how long until a call is taken; 0 when one is taken now.

        The window slides: in no second, whenever it begins, are more calls taken than the limit.
        """
        while self._taken and self._taken[0] + _SECOND <= at:
            self._taken.popleft()
        limit = self.config.rate_limit_per_second
        if limit is None or len(self._taken) < limit:
            return 0.0
        return (self._taken[-limit] + _SECOND - at).total_seconds()

    def _fault(self, luck: float) -> Fault | None:
        # One draw decides both whether and which: below the rate, each third is one fault.
        if luck >= self.config.error_rate:
            return None
        return _FAULTS[int(luck / self.config.error_rate * len(_FAULTS))]

    def _settle(self, call: SendGridCall, outcome: Outcome) -> SendGridCall:
        """Return the call as it ends, its mail delivered if that is due and its key is new."""
        if outcome not in _SENT:
            return replace(call, outcome=outcome, message_id=None)
        if call.message_id is not None:
            return replace(call, outcome=outcome)
        mail = self.ledger.deliver(call)
        self._mail_of_key[call.idempotency_key] = mail
        return replace(call, outcome=outcome, message_id=mail.message_id)

    def _error(self, call: SendGridCall) -> SendGridError:
        if call.outcome is Outcome.INVALID:
            return InvalidEmailError(_why_invalid(call))
        if call.outcome is Outcome.RATE_LIMITED:
            seconds = self._seconds_until_free(call.at) or self.retry_after_seconds
            return RateLimitError(retry_after=seconds)
        return TimeoutError(
            f"SendGrid: no answer within {self.config.timeout_seconds:g} s: "
            "the mail may or may not have gone out"
        )


def is_address(text: str) -> bool:
    """Tell whether SendGrid takes this for an email address: one @, a domain with a dot."""
    return _ADDRESS.fullmatch(text) is not None and text.isprintable()


def _why_invalid(call: SendGridCall) -> str:
    why = f"SendGrid: {call.to[:80]!r} is not an email address"
    for name, text in (("body", call.body), ("idempotency_key", call.idempotency_key)):
        if "@" not in call.to and is_address(text):
            return f"{why}, but {name} is: were the arguments swapped? {SEND_EMAIL}"
    return why
