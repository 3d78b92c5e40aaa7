"""Makes the report of a run from its facts: every figure is computed from what was recorded."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from infra.metrics import Gauge, Span, Spent
from infra.services import Outcome
from infra.simulation.clocks import START
from scenarios import sharing
from scenarios.incidents import Incident
from scenarios.jobs import deliveries, queue
from scenarios.life import life_of_worst
from scenarios.report import (
    LittlesLaw,
    Mails,
    OperationTimes,
    Report,
    Throughput,
    WorkerTime,
)
from scenarios.system import Facts
from scenarios.window import Window, histogram_of, rounded, spread

_KINDS = {"service": "service", "database": "database", "sleep": "sleep", "calls": "function"}


def summarize(
    incident: Incident, facts: Facts, *, solution: str, notes: Iterable[str] = ()
) -> Report:
    """Return the report of a run, as far as it has come."""
    system = facts.system
    window = Window(
        start=facts.start,
        end=max(facts.start, facts.end),
        slice_seconds=system.slice_seconds,
    )
    workers = [span for span in facts.metrics.spans if span.worker.startswith("worker-")]
    return Report(
        incident=incident.number,
        title=incident.title,
        question=incident.question,
        solution=solution,
        recorded=False,
        notes=tuple(notes),
        settings=system.settings(),
        seed=facts.seed,
        workers=system.workers,
        jobs=system.jobs,
        seconds=rounded(window.seconds),
        slice_seconds=system.slice_seconds,
        ended=facts.ended,
        queue=queue(facts, window),
        throughput=_throughput(facts, workers, window),
        worker_time=_worker_time(facts, window),
        littles_law=_littles_law(workers, window),
        pool=sharing.pool(facts, window),
        write_lock=sharing.write_lock(facts, window),
        operations=_operations(workers, window),
        mails=_mails(facts, window),
        deliveries=deliveries(facts, window),
        life=life_of_worst(facts, window),
        escaped=dict(facts.escaped.most_common(5)),
    )


def _throughput(facts: Facts, workers: list[Span], window: Window) -> Throughput:
    steps = [span.end for span in workers if span.name == "process_job" and span.error is None]
    moments = {
        "sent": [_moment(mail.at) for mail in facts.ledger.deliveries],
        "steps": [end for end in steps if end is not None],
        "completed": [each.at for each in facts.changes if each.status == "completed"],
    }
    minutes = window.seconds / 60
    return Throughput(
        total={name: len(each) for name, each in moments.items()},
        a_minute={
            name: rounded(len(each) / minutes, 1) if minutes else 0.0
            for name, each in moments.items()
        },
        over_time={name: window.a_minute(each) for name, each in moments.items()},
    )


def _worker_time(facts: Facts, window: Window) -> WorkerTime:
    sums = [dict.fromkeys(Spent, 0.0) for _ in window.slices]
    for spent, start, end in _stretches(facts, window):
        for place in window.places(start, end):
            slice_start, slice_end = window.slices[place]
            sums[place][spent] += max(0.0, min(end, slice_end) - max(start, slice_start))
    total = {spent: sum(each[spent] for each in sums) for spent in Spent}
    seen = [spent for spent in Spent if total[spent]]
    return WorkerTime(
        total={spent.value: rounded(total[spent]) for spent in seen},
        over_time={spent.value: tuple(rounded(each[spent]) for each in sums) for spent in seen},
    )


def _stretches(facts: Facts, window: Window) -> Iterator[tuple[Spent, float, float]]:
    """Return what each worker's time was spent on, from when, until when."""
    since: dict[int, tuple[float, Spent]] = {}
    for at, place, spent in facts.metrics.spent:
        start, before = since.get(place, (at, spent))
        if start < at:
            yield before, start, at
        since[place] = (at, spent)
    for start, spent in since.values():
        yield spent, start, window.end


def _littles_law(workers: list[Span], window: Window) -> LittlesLaw | None:
    calls = [span for span in workers if span.name == "send_email"]
    took = [span.end - span.start for span in calls if span.end is not None]
    if not took or not window.seconds:
        return None
    return LittlesLaw(
        calls_under_way=rounded(Gauge.of_spans(calls).mean(window.start, window.end), 2),
        calls_a_second=rounded(len(calls) / window.seconds, 2),
        seconds_a_call=rounded(sum(took) / len(took), 2),
    )


def _operations(workers: list[Span], window: Window) -> tuple[OperationTimes, ...]:
    groups: defaultdict[tuple[str, str], list[Span]] = defaultdict(list)
    for span in workers:
        if span.what in _KINDS:
            groups[_KINDS[span.what], _name(span)].append(span)
    return tuple(
        _times(kind, name, spans, window) for (kind, name), spans in sorted(groups.items())
    )


def _name(span: Span) -> str:
    if span.what in {"service", "calls"}:
        return span.name
    return span.function or sharing.WORKER_ITSELF


def _times(kind: str, name: str, spans: list[Span], window: Window) -> OperationTimes:
    histogram = histogram_of(spans)
    return OperationTimes(
        name=name,
        kind=kind,
        took=spread(histogram),
        errors=dict(sorted(Counter(_error(span.error) for span in spans if span.error).items())),
        p50_over_time=window.percentiles(histogram, 50),
        p95_over_time=window.percentiles(histogram, 95),
        p99_over_time=window.percentiles(histogram, 99),
    )


def _error(kind: str) -> str:
    return {"Crash": "died", "cut": "cut short"}.get(kind, kind)


def _mails(facts: Facts, window: Window) -> Mails:
    calls = Counter(call.outcome for call in facts.ledger.calls)
    got: Counter[str] = Counter()
    again = []
    for mail in facts.ledger.deliveries:
        if got[mail.to]:
            again.append(_moment(mail.at))
        got[mail.to] += 1
    customers = Counter(got[email] for email in {change.email for change in facts.changes})
    absorbed = [_moment(each.at) for each in facts.ledger.calls if each.outcome == Outcome.ABSORBED]
    return Mails(
        calls={outcome.value: calls[outcome] for outcome in Outcome if calls[outcome]},
        delivered=got.total(),
        absorbed=len(absorbed),
        duplicates=len(again),
        customers_by_mails={str(number): customers[number] for number in sorted(customers)},
        delivered_over_time=window.counts(_moment(mail.at) for mail in facts.ledger.deliveries),
        absorbed_over_time=window.counts(absorbed),
        duplicates_over_time=window.counts(again),
    )


def _moment(at: datetime) -> float:
    return (at - START).total_seconds()
