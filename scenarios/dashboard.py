"""The dashboard: a report as lines for a terminal, short while it runs, whole at the end."""

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.text import Text

from scenarios.report import Entry, Life, OperationTimes, Report, Shared, Slices

WIDTH = 80
LINES_MAX = 24

_LABEL_WIDTH = 12
_BAR_WIDTH = 28
_SPARKS = "▁▂▃▄▅▆▇█"
_SERVICES = ("send_email", "fetch_reply", "analyze_sentiment", "fetch_salesforce_data")
_COLORS = {
    **dict.fromkeys(_SERVICES, "cyan"),
    "running SQL": "green",
    "waiting for a connection": "red",
    "waiting for the write lock": "magenta",
    "sleeping": "yellow",
    "idle": "dim",
    "down": "bright_red",
}


def live(report: Report) -> Text:
    """Draw a run as it goes on, in 24 lines of 80 columns at most."""
    lines = [
        *_header(report),
        *_jobs(report),
        *_throughput(report),
        *_worker_time(report, most=6),
        *_littles_law(report),
        *_database(report),
        *_mails(report),
        *_deliveries(report),
    ]
    return _joined(lines[: LINES_MAX - 1])


def whole(report: Report) -> Text:
    """Draw all of a report."""
    sections = [
        [*_header(report), *_settings(report), *_notes(report)],
        [*_jobs(report), *_throughput(report)],
        [*_worker_time(report), *_littles_law(report)],
        [*_database(report), *_holders(report)],
        [*_operations(report), *_escaped(report)],
        [*_mails(report), *_calls(report), *_customers(report), *_deliveries(report)],
        _life(report.life) if report.life else [],
    ]
    blank = [Text()]
    return _joined(line for section in sections if section for line in [*section, *blank])


def _header(report: Report) -> Iterator[Text]:
    title = Text(f"{report.incident} · {report.title}", "bold")
    clock = f"{_clock(report.seconds)} simulated"
    yield title + Text(" " * max(2, WIDTH - cell_len(title.plain) - len(clock)) + clock)
    recorded = "  recorded earlier, comes with the kit" if report.recorded else ""
    yield Text(report.solution, "dim") + Text(recorded, "yellow")


def _settings(report: Report) -> Iterator[Text]:
    yield from _filled("", [f"{name} {words}" for name, words in report.settings.items()], " · ")
    yield Text(f"{'':{_LABEL_WIDTH}}seed {report.seed} · ended: {report.ended}")


def _notes(report: Report) -> Iterator[Text]:
    for note in report.notes:
        yield from _filled("note", note.split(), " ", style="yellow")


def _jobs(report: Report) -> Iterator[Text]:
    states = "  ".join(f"{name} {number:,}" for name, number in report.queue.now.items())
    yield _line("jobs", states)
    yield _line("", f"oldest ready for {_duration(report.queue.oldest_ready_seconds)}")


def _throughput(report: Report) -> Iterator[Text]:
    through = report.throughput
    for place, (name, words) in enumerate(
        [("sent", "mails sent"), ("steps", "steps done"), ("completed", "completed")]
    ):
        label = "a minute" if not place else ""
        figure = f"{through.a_minute[name]:>7,.0f} {words:<11}"
        spark = _sparkline(through.over_time[name])
        yield _line(label, f"{figure}{spark}  {through.total[name]:,} in all")


def _worker_time(report: Report, most: int | None = None) -> Iterator[Text]:
    total = sum(report.worker_time.total.values())
    yield _line(
        "worker time",
        f"{total:,.0f} worker-seconds, of {report.workers} workers in {report.seconds:,.0f} s",
    )
    ranked = sorted(report.worker_time.total.items(), key=lambda item: -item[1])
    for spent, seconds in ranked[:most]:
        share = seconds / total if total else 0.0
        bar = "█" * round(share * _BAR_WIDTH)
        line = _line("", f"{spent:<27}{seconds:>9,.1f} {share:>6.1%}  ")
        yield line.append(bar, _COLORS.get(spent, ""))


def _littles_law(report: Report) -> Iterator[Text]:
    law = report.littles_law
    if law:
        yield _line(
            "send_email",
            f"{law.calls_under_way:.2f} calls under way, {law.calls_a_second:.2f} calls a second, "
            f"{law.seconds_a_call:.2f} s a call",
        )


def _database(report: Report) -> Iterator[Text]:
    yield from _shared("pool", report.pool)
    yield from _shared("write lock", report.write_lock)


def _shared(label: str, shared: Shared) -> Iterator[Text]:
    yield _line(
        label,
        f"used {shared.used_now} of {shared.size}, mean {shared.used_mean:.2f}; "
        f"waiting {shared.waiting_now}, at most {shared.waiting_most}; "
        f"timeouts {shared.timeouts:,}",
    )
    waits, longest = shared.waits, shared.longest
    words = f"{waits.number:,}"
    if waits.number:
        words += f", p50 {_seconds(waits.p50)}, p95 {_seconds(waits.p95)}"
    if longest:
        words += f"; longest hold {_seconds(longest.seconds)}, {longest.function}"
    yield _line("  waits", words)


def _holders(report: Report) -> Iterator[Text]:
    for label, shared in (("pool", report.pool), ("write lock", report.write_lock)):
        if shared.holders:
            yield _row(f"{label} held by", "n", "p50", "p95", "longest", "in all")
        for holder in shared.holders:
            held = holder.held
            numbers = (_seconds(each) for each in (held.p50, held.p95, held.longest))
            yield _row(
                f"  {holder.function}", f"{held.number:,}", *numbers, _seconds(holder.total_seconds)
            )


def _operations(report: Report) -> Iterator[Text]:
    order = ("service", "function", "database", "sleep")
    ranked = sorted(report.operations, key=lambda each: order.index(each.kind))
    yield _row("operation", "n", "p50", "p95", "p99", "errors")
    for operation in ranked:
        yield _operation(operation)


def _operation(operation: OperationTimes) -> Text:
    prefixes = {"database": "SQL in ", "sleep": "sleep in ", "function": "all of "}
    took = operation.took
    line = _row(
        f"  {prefixes.get(operation.kind, '')}{operation.name}",
        f"{took.number:,}",
        *(_seconds(each) for each in (took.p50, took.p95, took.p99)),
        f"{sum(operation.errors.values()):,}",
    )
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in operation.errors.items())
    return line.append(f"\n{'':{_LABEL_WIDTH}}{kinds}", "dim") if kinds else line


def _escaped(report: Report) -> Iterator[Text]:
    for words, number in report.escaped.items():
        yield from _filled("escaped", f"{number:,} × {words}".split(), " ")


def _mails(report: Report) -> Iterator[Text]:
    mails = report.mails
    yield _line(
        "mails",
        f"accepted {mails.delivered + mails.absorbed:,}  delivered {mails.delivered:,}  "
        f"absorbed by a key {mails.absorbed:,}",
    )
    yield _line("", f"delivered again to the same customer {mails.duplicates:,}")


def _calls(report: Report) -> Iterator[Text]:
    calls = report.mails.calls.items()
    words = [f"{name.replace('_', ' ')} {number:,}" for name, number in calls]
    yield from _filled("calls", words, "  ")


def _customers(report: Report) -> Iterator[Text]:
    numbers = report.mails.customers_by_mails
    words = "  ".join(f"{number:,} got {mails}" for mails, number in numbers.items())
    yield _line("customers", words)


def _deliveries(report: Report) -> Iterator[Text]:
    each = report.deliveries
    yield _line(
        "workers",
        f"crashes {each.crashes:,}  replaced {each.restarts:,}  claims {each.claims:,}  "
        f"redelivered {each.redelivered:,}",
    )
    yield _line("", f"reaped {each.reaped:,}, of those from a worker alive {each.reaped_alive:,}")


def _life(life: Life) -> list[Text]:
    title = f"life of job {life.job}, {life.email}, mails delivered: {life.mails}"
    return [Text(title, "bold"), *(_entry(entry) for entry in life.entries)]


def _entry(entry: Entry) -> Text:
    words = entry.words
    if entry.end_seconds is not None:
        words += f" ({_seconds(entry.end_seconds - entry.at_seconds)})"
    line = Text(f"{max(0.0, entry.at_seconds):>8.3f} s  {entry.worker:<11}")
    style = {"died": "red", "reaped": "yellow", "send_email": "cyan"}.get(entry.what, "")
    return line.append(f"{entry.what:<12}", style).append(words)


def _joined(lines: Iterable[Text]) -> Text:
    return Text("\n").join(lines)


def _line(label: str, words: str) -> Text:
    return Text(f"{label:<{_LABEL_WIDTH}}", "bold").append(words, "not bold")


def _filled(label: str, words: list[str], between: str, style: str = "") -> Iterator[Text]:
    """Put words side by side in as many lines as they need."""
    line = ""
    for word in words:
        if line and _LABEL_WIDTH + cell_len(f"{line}{between}{word}") > WIDTH:
            yield _line(label, "").append(line, style)
            label, line = "", ""
        line += f"{between if line else ''}{word}"
    yield _line(label, "").append(line, style)


def _row(name: str, *cells: str) -> Text:
    return Text(f"{name:<30}" + "".join(f"{cell:>10}" for cell in cells))


def _sparkline(values: Slices) -> str:
    values = _thinned(values, 30)
    most = max(values, default=0.0)
    if not most:
        return "▁" * len(values)
    return "".join(_SPARKS[round(value / most * (len(_SPARKS) - 1))] for value in values)


def _thinned(values: Slices, most: int) -> Slices:
    """Return at most so many values: the means of neighbours."""
    size = -(-len(values) // most)
    groups = [values[start : start + size] for start in range(0, len(values), size)]
    return tuple(sum(group) / len(group) for group in groups)


def _seconds(value: float | None) -> str:
    if value is None:
        return "–"
    if value >= 1000:
        return f"{value:,.0f} s"
    return f"{value:.2f} s" if value >= 0.1 else f"{value * 1000:.1f} ms"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"
