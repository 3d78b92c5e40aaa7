"""The story of a failure: the operations that matter, in order, as a table for people."""

from collections.abc import Iterator, Sequence

from infra.database.driver import Result
from infra.operations import Operation
from infra.simulation.scheduler import Act, Scheduler, Step
from tests.judge.failure import Row

ROWS_MAX = 16
ROUND_TRIP_MS = 1.2
_WORDS_MAX = 500
"""A statement can have 50,000 values."""

_FATES = {
    Act.RATE_LIMITED: "RateLimitError",
    Act.TIMEOUT_BEFORE_DELIVERY: "TimeoutError, not delivered",
    Act.TIMEOUT_AFTER_DELIVERY: "TimeoutError, but delivered",
    Act.ERROR: "no answer",
}
_FATES_CUT = {
    Act.TIMEOUT_BEFORE_DELIVERY: "cut short, not delivered",
    Act.TIMEOUT_AFTER_DELIVERY: "cut short, but delivered",
}
"""Of a call that the solution itself did not wait for."""


def tell(scheduler: Scheduler, deviating: Sequence[int]) -> list[Row]:
    """Return what happened; `deviating` are the steps at which a choice was made."""
    rows = list(_rows(scheduler, set(deviating)))
    if len(rows) <= ROWS_MAX:
        return rows
    return _shorten(rows)


def _rows(scheduler: Scheduler, deviating: set[int]) -> Iterator[Row]:
    by_step = dict(scheduler.operations)
    clocks: dict[str, float] = {}
    latest_ms = 0.0
    for number, step in enumerate(scheduler.steps):
        operation = by_step.get(number)
        worker = _worker_of(step)
        if operation:
            # The world's time stands still while somebody can go on. A round trip is shown for
            # each operation, as the worker itself would have waited for it.
            latest_ms = max(latest_ms, operation.at_seconds * 1000, clocks.get(worker, 0.0))
            clocks[worker] = latest_ms + ROUND_TRIP_MS
            yield Row(
                round(latest_ms, 1),
                worker,
                words_of(operation),
                _fate_of(step, operation),
                number in deviating,
            )
        elif step.act is Act.CRASH:
            yield Row(round(latest_ms, 1), worker, "dies", "", marked=True)
        else:
            yield Row(round(latest_ms, 1), worker, "is held up for a while", "", marked=True)


def _shorten(rows: list[Row]) -> list[Row]:
    """Keep what was marked, its neighbours, the first row and the last ones."""
    marked = {n for n, row in enumerate(rows) if row.marked}
    kept = {0, *range(len(rows) - 5, len(rows))}
    for n in sorted(marked, reverse=True):
        if len(kept) < ROWS_MAX:
            kept |= {n - 1, n, n + 1} & set(range(len(rows)))
    shortened: list[Row] = []
    last = -1
    for n in sorted(kept):
        if n - last > 1:
            left_out = n - last - 1
            shortened.append(Row(rows[n].ms, "", f"… {left_out} more …", "", marked=False))
        shortened.append(rows[n])
        last = n
    return shortened


def words_of(operation: Operation) -> str:
    """Return an operation in words, the stamp of a claim shown as a claim."""
    if operation.call == "return":
        return "returns"
    words = operation.words
    return words if len(words) <= _WORDS_MAX else f"{words[: _WORDS_MAX - 1]}…"


def _fate_of(step: Step, operation: Operation) -> str:
    if operation.was_cut:
        return _FATES_CUT.get(step.act, "cut short")
    return _FATES.get(step.act) or _result_of(operation)


def _result_of(operation: Operation) -> str:
    if operation.error is not None:
        return type(operation.error).__name__
    result = operation.result
    if isinstance(result, Result):
        return _rows_in_words(result)
    if result is None:
        return "None" if operation.kind == "service" else ""
    return str(result)[:40]


def _rows_in_words(result: Result) -> str:
    if not result.columns:
        return _count(result.rowcount, "row") if result.rowcount >= 0 else ""
    if {"id", "status", "current_step"} <= set(result.columns) and len(result.rows) == 1:
        row = {name: str(value) for name, value in zip(result.columns, result.rows[0], strict=True)}
        step = "" if row["current_step"] == "send_email" else f" at {row['current_step']}"
        return f"job {row['id']} {row['status']}{step}"
    if len(result.rows) == 1 and len(result.columns) == 1:
        return f"{result.columns[0]} {result.rows[0][0]!s}"
    return _count(len(result.rows), "row")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _worker_of(step: Step) -> str:
    return f"worker-{step.thread.partition('-')[0][1:]}"
