"""The time that a report is about, and its slices: figures over all of it, and for each slice."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from infra.metrics import Counter, Gauge, Histogram, Span
from scenarios.report import Percentiles, Slices, SlicesWithGaps


def rounded(value: float, digits: int = 4) -> float:
    """Round for a report, so that the same run gives the same text everywhere."""
    return round(value, digits) + 0.0


@dataclass(frozen=True, kw_only=True)
class Window:
    """From `start` to `end`, in seconds of the simulated clock; the last slice may be shorter."""

    start: float
    end: float
    slice_seconds: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start

    @cached_property
    def slices(self) -> list[tuple[float, float]]:
        """The start and the end of each slice; there is always one."""
        number = max(1, math.ceil(rounded(self.seconds / self.slice_seconds, 6)))
        starts = [self.start + self.slice_seconds * place for place in range(number)]
        return list(pairwise([*starts, self.end]))

    def places(self, start: float, end: float) -> range:
        """Return the places of the slices that a stretch of time touches."""
        first = int((start - self.start) // self.slice_seconds)
        last = int((end - self.start) // self.slice_seconds)
        return range(max(0, first), min(last + 1, len(self.slices)))

    def counts(self, moments: Iterable[float]) -> Slices:
        """Return how often something happened; what happens at the very end is of the last."""
        counter = Counter(sorted(moments))
        ends = [end for _, end in self.slices[:-1]] + [math.inf]
        starts = [start for start, _ in self.slices]
        return tuple(map(counter.between, starts, ends))

    def a_minute(self, moments: Iterable[float]) -> Slices:
        """Return how often a minute something happened in each slice."""
        counts = zip(self.counts(moments), self.slices, strict=True)
        return tuple(
            rounded(number * 60 / (end - start), 1) if end > start else 0.0
            for number, (start, end) in counts
        )

    def means(self, gauge: Gauge) -> Slices:
        """Return the mean of each slice."""
        return tuple(rounded(gauge.mean(start, end)) for start, end in self.slices)

    def percentiles(self, histogram: Histogram, percent: float) -> SlicesWithGaps:
        """Return a percentile for each slice."""
        values = [histogram.between(start, end) for start, end in self.slices]
        return tuple(_rounded(each.percentile(percent)) for each in values)

    def seconds_of(self, span: Span) -> float:
        """Return how long it took, or has taken so far."""
        return (self.end if span.end is None else span.end) - span.start


def histogram_of(spans: Iterable[Span]) -> Histogram:
    """Return how long they took that have ended, each at the moment of its end."""
    return Histogram((span.end, span.end - span.start) for span in spans if span.end is not None)


def spread(histogram: Histogram) -> Percentiles:
    """Return a histogram's percentiles for a report."""
    p50, p95, p99, longest = map(_rounded, histogram.percentiles((50, 95, 99, 100)))
    return Percentiles(number=len(histogram), p50=p50, p95=p95, p99=p99, longest=longest)


def _rounded(value: float | None) -> float | None:
    return None if value is None else rounded(value)
