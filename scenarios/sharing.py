"""What workers share, in a report: who holds it for how long, and who waits."""

from collections.abc import Sequence

from infra.metrics import Gauge, Held, Span, Waited
from scenarios.report import Holder, Longest, Shared
from scenarios.system import Facts
from scenarios.window import Window, histogram_of, rounded, spread

WORKER_ITSELF = "the worker itself"
"""Who led to what no function of the solution did: a worker's heartbeat, the reaper."""


def pool(facts: Facts, window: Window) -> Shared:
    """Return who used the pool's connections."""
    held: Held = "holds a connection"
    return _shared(facts, window, held, "waits for a connection", facts.system.pool)


def write_lock(facts: Facts, window: Window) -> Shared:
    """Return whose transactions kept others from writing."""
    return _shared(facts, window, "holds the write lock", "waits for the write lock", 1)


def _shared(facts: Facts, window: Window, held: Held, waited: Waited, size: int) -> Shared:
    # What came before, to create the jobs, is no part of it.
    spans = [span for span in facts.metrics.spans if span.start >= window.start]
    holds = [span for span in spans if span.what == held]
    waits = [span for span in spans if span.what == waited]
    used, waiting = Gauge.of_spans(holds), Gauge.of_spans(waits)
    return Shared(
        size=size,
        used_now=int(used.at(window.end)),
        used_mean=rounded(used.mean(window.start, window.end)),
        used_most=int(used.most()),
        waiting_now=int(waiting.at(window.end)),
        waiting_most=int(waiting.most()),
        timeouts=sum(span.error == "TimeoutError" for span in waits),
        waits=spread(histogram_of(waits)),
        holders=_holders(holds, window),
        longest=_longest(holds, window),
        used_over_time=window.means(used),
        waiting_over_time=window.means(waiting),
    )


def _holders(holds: Sequence[Span], window: Window) -> tuple[Holder, ...]:
    groups: dict[str, list[Span]] = {}
    for span in holds:
        groups.setdefault(_function(span), []).append(span)
    holders = [
        Holder(
            function=function,
            held=spread(histogram_of(spans)),
            total_seconds=rounded(sum(map(window.seconds_of, spans))),
        )
        for function, spans in groups.items()
    ]
    return tuple(sorted(holders, key=lambda holder: -holder.total_seconds))


def _longest(holds: Sequence[Span], window: Window) -> Longest | None:
    if not holds:
        return None
    span = max(holds, key=window.seconds_of)
    return Longest(
        function=_function(span),
        worker=span.worker,
        job=span.job,
        start_seconds=rounded(span.start - window.start),
        seconds=rounded(window.seconds_of(span)),
    )


def _function(span: Span) -> str:
    return span.function or WORKER_ITSELF
