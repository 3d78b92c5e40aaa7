"""What can happen to the watch screen, and what it can ask for."""

from dataclasses import dataclass

from tests.judge.report import Report, Result


@dataclass(frozen=True, slots=True)
class Saved:
    """The file was saved. `tasks` are those whose function changed.

    `unaffected` are those whose function reaches what it reached when it was judged.
    """

    tasks: tuple[str, ...] = ()
    unaffected: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Judged:
    """A check of that run was judged."""

    run: int
    result: Result


@dataclass(frozen=True, slots=True)
class Finished:
    """A run came to its end, at that time of day."""

    run: int
    report: Report
    clock: str


@dataclass(frozen=True, slots=True)
class Ticked:
    """The run goes on for so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key was pressed: a small letter, or its name."""

    key: str


@dataclass(frozen=True, slots=True)
class Noted:
    """There is something to say in a line."""

    text: str


@dataclass(frozen=True, slots=True)
class Polling:
    """No events tell of saves, for that reason."""

    reason: str


Event = Saved | Judged | Finished | Ticked | Pressed | Noted | Polling


@dataclass(frozen=True, slots=True)
class Judge:
    """Judge the file, this task first, and end the run that is under way.

    Only these tasks are judged; all when there are none.
    """

    run: int
    first: str
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keep:
    """Add a line to the session's file: something was judged, or a hint was taken."""

    event: str


@dataclass(frozen=True, slots=True)
class PutBack:
    """Put the starter's function of this task back."""

    task: str


@dataclass(frozen=True, slots=True)
class Quit:
    """End the screen."""


Command = Judge | Keep | PutBack | Quit
