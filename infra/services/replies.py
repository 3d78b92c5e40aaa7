"""A mock of the customers' answers: who replied to the campaign, and with what words."""

from dataclasses import dataclass
from hashlib import sha256

from infra.clock import wait
from infra.errors import ExternalApiError
from infra.services.service import Service, ServiceConfig

POSITIVE_REPLIES = (
    "Yes please, I'd love to see a demo. Does Thursday work?",
    "This looks great! Can you send me the pricing?",
    "Thanks for reaching out, we are very interested. Let's talk next week.",
    "Perfect timing, we were looking for exactly this. Sign me up!",
    "Sounds good, I'm happy to jump on a call.",
)
NEGATIVE_REPLIES = (
    "No thanks, we are not interested.",
    "Please remove me from this list.",
    "Stop emailing me. This is spam.",
    "We tried it last year and it was a terrible experience.",
    "Unsubscribe",
)
NEUTRAL_REPLIES = (
    "I am out of the office until Monday and will read your email then.",
    "Which plans do you have for a team of ten?",
    "You may want to write to my colleague in procurement.",
    "Received, I will get back to you next quarter.",
)

_TEXTS_OF_PERCENT = (
    *(NEUTRAL_REPLIES,) * 15,
    *(NEGATIVE_REPLIES,) * 20,
    *(POSITIVE_REPLIES,) * 25,
    *((None,),) * 40,
)


@dataclass(frozen=True, kw_only=True)
class RepliesConfig(ServiceConfig):
    """The inbox as in production."""

    latency_seconds: float = 0.3
    error_rate: float = 0.01


class Replies(Service[RepliesConfig]):
    """The inbox that the customers' answers come in."""

    name = "replies"

    async def fetch(self, email: str) -> str | None:
        """Return the customer's answer, `None` when none has come, or raise ExternalApiError."""
        is_failing = self._is_failing()
        await wait(self.config.latency_seconds)
        if is_failing:
            raise ExternalApiError("replies: the inbox did not answer, try again")
        return reply_for(email)


def reply_for(email: str) -> str | None:
    """Return what this customer answers, always the same; `None` for the 40 % who never do.

    Of all customers 25 % answer something positive, 20 % negative, 15 % neutral.
    """
    # Not hash(): it differs from process to process.
    number = int.from_bytes(sha256(email.encode()).digest()[:8])
    texts = _TEXTS_OF_PERCENT[number % 100]
    return texts[number // 100 % len(texts)]
