"""What to look for in the three parts of the hour; the marks are the interviewer's to give."""

from collections.abc import Sequence
from dataclasses import dataclass

MARKS = ("weak", "fair", "good")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the hour, and what to look for in it: a name, and a sentence."""

    name: str
    criteria: Sequence[tuple[str, str]]


PARTS = (
    Part(
        "Part 1 · design talk",
        (
            ("Data", "Tables and states that make wrong states hard to reach."),
            ("Parts of the system", "Who does what, what they say to each other, who may die."),
            ("Scale", "Names the bottleneck at 50,000 customers, and what gives first."),
            ("Questions", "Asks before assuming; says what was traded for what."),
        ),
    ),
    Part(
        "Part 2 · code",
        (
            ("Concurrency", "Says why two workers cannot both have a job."),
            ("Bulk work", "Few round trips; all or none."),
            ("Errors", "Transient and permanent told apart; waits between tries."),
            ("Done twice", "Safe to repeat, with keys and guards; knows what a crash leaves."),
            ("Working", "Small steps, tests early, reads what failed."),
        ),
    ),
    Part(
        "Part 3 · incident",
        (
            ("Evidence", "Reads the figures before naming a cause."),
            ("Cause", "Finds it, and can say what it would look like otherwise."),
            ("Fix", "A fix for now and one for good; says which figure must move."),
        ),
    ),
)
