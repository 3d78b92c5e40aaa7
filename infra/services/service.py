"""What every service here shares: how slow it is, how often it fails by chance, when it is down."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from inspect import isawaitable
from random import Random
from typing import ClassVar, Generic, TypeVar

from infra.clock import now
from infra.errors import in_short


@dataclass(frozen=True, slots=True)
class Outage:
    """A service is down from `start` until just before `end`, or for good when `end` is `None`."""

    start: datetime
    end: datetime | None = None

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or (self.end is not None and self.end.tzinfo is None):
            raise ValueError("an outage takes aware datetimes: datetime(..., tzinfo=UTC)")
        if self.end is not None and self.end <= self.start:
            start, end = (f"{moment:%Y-%m-%d %H:%M}" for moment in (self.start, self.end))
            raise ValueError(f"an outage ends after it starts, not from {start} to {end}")

    def covers(self, moment: datetime) -> bool:
        """Tell whether the service is down at that moment."""
        return self.start <= moment and (self.end is None or moment < self.end)


@dataclass(frozen=True, kw_only=True)
class ServiceConfig:
    """How a service behaves. `error_rate` is the share of calls that fail by chance, 0 to 1."""

    latency_seconds: float
    error_rate: float
    outages: tuple[Outage, ...] = ()

    def __post_init__(self) -> None:
        if self.latency_seconds < 0:
            raise ValueError(f"latency_seconds is 0 or more, not {self.latency_seconds}")
        if not 0 <= self.error_rate <= 1:
            raise ValueError(f"error_rate is between 0 and 1, not {self.error_rate}")

    def is_down(self, moment: datetime) -> bool:
        """Tell whether an outage covers that moment."""
        return any(outage.covers(moment) for outage in self.outages)


ConfigT = TypeVar("ConfigT", bound=ServiceConfig)


class Service(Generic[ConfigT]):
    """A service: its configuration, which may be replaced at any time, and its own luck.

    A service draws from its own seed, so that a call to one never changes what another does.
    """

    name: ClassVar[str]

    def __init__(self, config: ConfigT, *, seed: int = 0) -> None:
        self.config = config
        self.fails: Callable[[], bool] | None = None
        """Decides, when given, in place of chance whether a call fails. SendGrid has `faults`."""
        self._seed = seed

    @cached_property
    def _random(self) -> Random:
        return Random(f"{self._seed}:{self.name}")

    def _draw(self) -> float:
        """Return this call's luck, from 0 to below 1.

        Each call draws once, whatever becomes of it: call 7 has the same luck in a run where
        call 6 met an outage and in a run where it did not.
        """
        return self._random.random()

    def _is_failing(self) -> bool:
        """Tell whether this call fails, by chance or in an outage."""
        is_unlucky = self.fails() if self.fails else self._draw() < self.config.error_rate
        return is_unlucky or self.config.is_down(now())


def require_text(signature: str, **arguments: object) -> None:
    """Raise TypeError that names the first argument that is no text, and the signature."""
    for name, value in arguments.items():
        if not isinstance(value, str):
            kind = "None" if value is None else type(value).__name__
            what = in_short(value) if isawaitable(value) else kind
            raise TypeError(f"{name} must be a str, not {what}: {signature}")
