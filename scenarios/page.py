"""The page of an incident: what was measured, as pictures. Raw facts, and no verdict."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scenarios.charts import WIDE, Chart, areas, lines
from scenarios.html import LOOK, duration, render
from scenarios.report import OperationTimes, Report
from scenarios.worst_job import timeline_of

LATENCIES_MAX = 4


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that is read first, and a line on what it is."""

    value: str
    unit: str
    line: str


def page(report: Report) -> str:
    """Return what a run of an incident came to, as one page of HTML."""
    return render(
        LOOK / "incident.html",
        report=report,
        figures=[*_figures(report)],
        worker_time=_worker_time(report),
        worker_shares=_shares(report.worker_time.total),
        charts=[*_charts(report)],
        latencies=[*_latencies(report)],
        shares=[("pool", report.pool), ("write lock", report.write_lock)],
        worst=timeline_of(report.life) if report.life else None,
    )


def _figures(report: Report) -> Iterator[Figure]:
    rate = report.throughput.a_minute
    queue, mails, pool = report.queue, report.mails, report.pool
    oldest = (
        f"; the oldest for {duration(queue.oldest_ready_seconds)}" if queue.now["ready"] else ""
    )
    yield Figure(f"{rate['sent']:,.0f}", "a minute", f"mails sent; {rate['steps']:,.0f} steps done")
    yield Figure(f"{queue.now['ready']:,}", "ready", f"jobs{oldest}")
    yield Figure(
        f"{mails.duplicates:,}",
        "duplicates",
        f"of {mails.delivered:,} mails; {mails.absorbed:,} absorbed by a key",
    )
    yield Figure(
        f"{pool.waiting_most:,}",
        "waiting",
        f"at most, for {pool.size} connections; {pool.timeouts:,} timed out",
    )
    yield Figure(
        f"{report.deliveries.crashes:,}",
        "died",
        f"of the workers; {report.deliveries.redelivered:,} jobs delivered again",
    )


def _charts(report: Report) -> Iterator[Chart]:
    times = _times(report)
    pool, mails = report.pool, report.mails
    yield lines("Throughput", "a minute", report.throughput.over_time, times)
    yield areas("Queue by state", "jobs", report.queue.over_time, times)
    yield lines(
        "Connection pool",
        f"connections, workers; there are {pool.size}",
        {"used": pool.used_over_time, "waiting": pool.waiting_over_time},
        times,
        least=pool.size,
    )
    yield lines(
        "Mails",
        f"in {duration(report.slice_seconds)}",
        {
            "delivered": mails.delivered_over_time,
            "absorbed": mails.absorbed_over_time,
            "duplicates": mails.duplicates_over_time,
        },
        times,
    )


def _worker_time(report: Report) -> Chart:
    """Draw what the workers were at: as many as there are, at each moment."""
    times = _times(report)
    lengths = [end - start for start, end in zip([0.0, *times], times, strict=False)]
    at_work = {
        spent_on: [seconds / length for seconds, length in zip(values, lengths, strict=False)]
        for spent_on, values in report.worker_time.over_time.items()
    }
    return areas("What the workers were at", "workers", at_work, times, size=WIDE)


def _shares(total: Mapping[str, float]) -> dict[str, str]:
    together = sum(total.values()) or 1.0
    return {spent_on: f"{seconds / together:.1%}" for spent_on, seconds in total.items()}


def _latencies(report: Report) -> Iterator[Chart]:
    """Draw how long calls took, first those in which most time was spent; then the SQL of some."""
    took = [each for each in report.operations if each.kind != "sleep" and each.took.p50]
    took.sort(key=lambda each: -each.took.number * (each.took.p50 or 0.0))
    took.sort(key=lambda each: each.kind == "database")
    for operation in took[:LATENCIES_MAX]:
        yield _latency(operation, _times(report))


def _latency(operation: OperationTimes, times: Sequence[float]) -> Chart:
    percentiles = {
        "p50": operation.p50_over_time,
        "p95": operation.p95_over_time,
        "p99": operation.p99_over_time,
    }
    highest = max(value or 0.0 for values in percentiles.values() for value in values)
    unit, factor = ("s", 1.0) if highest >= 1 else ("ms", 1000.0)
    scaled = {
        name: [None if value is None else value * factor for value in values]
        for name, values in percentiles.items()
    }
    what = "SQL of " if operation.kind == "database" else ""
    return lines(f"{what}{operation.name}", unit, scaled, times)


def _times(report: Report) -> list[float]:
    """Return the end of each slice that is drawn.

    The last one may be shorter than the others. When it is nothing but a moment, it is left out:
    hardly anything happens in it, and each curve would seem to fall.
    """
    slices = len(report.queue.over_time["ready"])
    times = [min(number * report.slice_seconds, report.seconds) for number in range(1, slices + 1)]
    rest = times[-1] - (slices - 1) * report.slice_seconds
    return times[:-1] if rest < report.slice_seconds / 10 else times
