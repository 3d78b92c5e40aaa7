"""Observations as questions: what is worth talking about, and breaks no rule."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# What the judge observes, and what to ask then; the first that fits. {0} is what the brackets hold.
_QUESTIONS = (
    (r"claims the oldest job first: yes", "What would change if order did not matter to you?"),
    (r"claims the oldest job first: no", "Which job is claimed first, and can one wait for ever?"),
    (r"round trips for a claim: 1$", "What makes this one statement safe for 20 workers at once?"),
    (r"round trips for a claim: (\d+)", "What does each of the {0} do? Which could go?"),
    (r"one try in each call", "Who tries again, and when? What does the customer see meanwhile?"),
    (
        r"waits between the tries of one call, in seconds: (.+)",
        "Why these waits? What happens when 20 workers are rate-limited in the same second?",
    ),
    (r"gives up after (.+)", "Why then? Who hears of the mail that was given up?"),
    (r"has not given up after (.+)", "When should somebody be told that it never goes out?"),
    (
        r"(\w+) asks no service",
        "What does {0} do, then? What would it have to do in production?",
    ),
    (r"(\w+) asks (.+)", "What if the worker dies right after {0} had its answer?"),
    (r"rows in job_steps: none", "How would you find out later what happened to one job?"),
    (r"rows in job_steps: (.+)", "What are these rows for: for people, or for the code?"),
    (
        r"waits before the steps that follow: (.+)",
        "Where is the 48-hour wait, and what if no reply has come by then?",
    ),
)
_OTHERWISE = "What is behind this?"


@dataclass(frozen=True, slots=True)
class Question:
    """What was observed of a task, and what to ask about it."""

    task: str
    observed: str
    ask: str


def questions_of(observations: Iterable[Mapping[str, Any]]) -> Iterator[Question]:
    """Return a question for each observation."""
    for observation in observations:
        text = observation["text"]
        yield Question(observation["task"], text, question_about(text) or _OTHERWISE)


def question_about(observed: str) -> str | None:
    """Return what to ask about an observation; `None` when no question is known."""
    for pattern, question in _QUESTIONS:
        if match := re.match(pattern, observed):
            return question.format(*match.groups())
    return None
