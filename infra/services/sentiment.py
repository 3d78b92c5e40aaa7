"""A mock sentiment service: it counts words, and minds a "not" before them. English only."""

import re
from dataclasses import dataclass
from typing import Literal

from infra.clock import wait
from infra.errors import SentimentAPIError
from infra.services.service import Service, ServiceConfig

Sentiment = Literal["positive", "negative", "neutral"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


POSITIVE_WORDS = _words(
    """
    amazing appreciate awesome brilliant delighted eager easy enjoy enjoyed excellent excited
    exciting fantastic fine glad good great happy helpful impressed impressive interested
    interesting keen love loved lovely loves nice perfect perfectly pleased recommend super useful
    wonderful wow yes
    """
)
NEGATIVE_WORDS = _words(
    """
    angry annoyed annoying awful bad broken complaint disappointed disappointing expensive
    frustrated frustrating hate horrible junk nonsense nope poor problem problems refund remove
    rubbish scam sick slow spam stop terrible ugly unacceptable unfortunately unhappy uninterested
    unsubscribe unwanted upset useless waste worse worst wrong
    """
)
NEGATIVE_WHEN_NEGATED = _words(
    "bother budget care interest like need send thank thanks time trust want way worth"
)
"""Words that say nothing by themselves: "thanks" is neutral, "no thanks" is negative."""

_NEGATION = re.compile(r"cannot|hardly|neither|never|no|nor|not|without|\w+n't")
_NEGATION_REACH_WORDS = 3
_IDIOMS = (
    (re.compile(r"^\W*no\W*$"), "nope"),
    (re.compile(r"\bno (problem|worries)\b"), "fine"),
    (re.compile(r"\bcan(no|')t wait\b"), "eager"),
    (re.compile(r"\bnot for (me|us)\b"), "wrong"),
    (re.compile(r"\bno more (e?mails?|messages)\b"), "stop"),
    (re.compile(r"\b(do not|don't|never) (call|contact|e?mail|write)\b"), "stop"),
    (re.compile(r"\b(leave me alone|go away|take me off)\b"), "stop"),
    (re.compile(r"\bgood (morning|afternoon|evening|day)\b"), "hello"),
)
_CLAUSE_END = re.compile(r"[.,;:!?\n]+")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


@dataclass(frozen=True, kw_only=True)
class SentimentConfig(ServiceConfig):
    """The sentiment service as in production."""

    latency_seconds: float = 0.3
    error_rate: float = 0.01


class SentimentApi(Service[SentimentConfig]):
    """The service that reads the tone of a text."""

    name = "sentiment"

    async def analyze(self, text: str) -> Sentiment:
        """Return the tone of the text, or raise SentimentAPIError."""
        is_failing = self._is_failing()
        await wait(self.config.latency_seconds)
        if is_failing:
            raise SentimentAPIError("sentiment: the service did not answer, try again")
        return classify(text)


def classify(text: str) -> Sentiment:
    """Return the tone of the text; of an empty one, and of one that it cannot read, neutral."""
    plain = text.lower().replace("\u2019", "'")
    for idiom, word in _IDIOMS:
        plain = idiom.sub(word, plain)

    # "A great product, but too expensive": what comes after the but is what is meant.
    before, _, after = plain.rpartition(" but ")
    score = _score(after) or _score(before)
    if score == 0:
        return "neutral"
    return "positive" if score > 0 else "negative"


def _score(text: str) -> int:
    """Return the positive words less the negative ones, each clause by itself."""
    clauses = (_WORD.findall(clause) for clause in _CLAUSE_END.split(text))
    return sum(_worth(words, place) for words in clauses for place in range(len(words)))


def _worth(words: list[str], place: int) -> int:
    """Return what one word of a clause counts: 1, 0 or -1."""
    word = words[place]
    words_before = words[max(0, place - _NEGATION_REACH_WORDS) : place]
    is_negated = any(_NEGATION.fullmatch(other) for other in words_before)
    if word in NEGATIVE_WHEN_NEGATED:
        return -1 if is_negated else 0
    worth = (word in POSITIVE_WORDS) - (word in NEGATIVE_WORDS)
    return -worth if is_negated else worth
