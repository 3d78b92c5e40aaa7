"""The life of one job across workers: who claimed it, what SendGrid did, who died, who took it."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from infra.metrics import Span
from infra.services import Outcome, SendGridCall
from infra.simulation.clocks import START
from scenarios.jobs import is_at_work
from scenarios.observed import JobChange
from scenarios.report import Entry, Life
from scenarios.system import Facts
from scenarios.window import Window, rounded

_ORDER = ("created", "send_email", "died")
_OUTCOMES = {
    Outcome.DELIVERED: "delivered",
    Outcome.ABSORBED: "absorbed: nothing delivered",
    Outcome.RATE_LIMITED: "rate-limited: not delivered",
    Outcome.TIMED_OUT_BEFORE_DELIVERY: "timed out, not delivered",
    Outcome.TIMED_OUT_AFTER_DELIVERY: "timed out, delivered",
    Outcome.INVALID: "refused: invalid address",
}


def life_of_worst(facts: Facts, window: Window) -> Life | None:
    """Return the life of the job whose customer got most mails, or else had most calls.

    Of several the first; `None` when SendGrid was never called.
    """
    mails = Counter(mail.to for mail in facts.ledger.deliveries)
    calls = Counter(call.to for call in facts.ledger.calls)
    jobs = {change.email: change.job for change in reversed(facts.changes)}
    worst = max(
        (email for email in calls if email in jobs),
        key=lambda email: (mails[email], calls[email], -jobs[email]),
        default=None,
    )
    if worst is None:
        return None
    entries = _life(facts, jobs[worst], worst)
    return Life(
        job=jobs[worst],
        email=worst,
        mails=mails[worst],
        entries=tuple(_since(window, entry) for entry in entries),
    )


def _life(facts: Facts, job: int, email: str) -> list[Entry]:
    changes = [change for change in facts.changes if change.job == job]
    calls = [call for call in facts.ledger.calls if call.to == email]
    spans = [span for span in facts.metrics.spans if span.job == job and span.what == "service"]
    entries = [
        _created(changes[0]),
        *(_changed(facts, before, after) for before, after in pairwise(changes)),
        *_calls(calls, [span for span in spans if span.name == "send_email"]),
        *(_other_call(span) for span in spans if span.name != "send_email"),
        *_deaths(facts, spans),
    ]
    # Sorting is stable: at one moment a call's end and a death come in the order of above.
    return sorted(entries, key=lambda entry: entry.at_seconds)


def _created(change: JobChange) -> Entry:
    return _entry(change.at, change.by, "created", f"ready at {change.step}")


def _changed(facts: Facts, before: JobChange, after: JobChange) -> Entry:
    """Tell one change of the job's row."""
    if after.by == "reaper":
        alive = is_at_work(facts, before.worker, after.at)
        words = f"taken from {before.worker}, {'who is alive' if alive else 'who is dead'}"
        return _entry(after.at, after.by, "reaped", words)
    what = _what(before, after)
    words = {"claimed": f"for {after.step}", "deleted": ""}.get(what, _state(after))
    return _entry(after.at, after.by, what, words)


def _what(before: JobChange, after: JobChange) -> str:
    if after.status in {"completed", "failed", "deleted"}:
        return after.status
    if after.status == "processing" and before.status != "processing":
        return "claimed"
    if after.step != before.step:
        return "advanced"
    if after.status == "pending" and before.status == "processing":
        return "put back"
    return "changed"


def _state(change: JobChange) -> str:
    if change.status == "pending" and change.due is not None and change.due > change.at:
        return f"scheduled at {change.step}, due in {_duration(change.due - change.at)}"
    names = {"pending": "ready", "processing": "running"}
    return f"{names.get(change.status, change.status)} at {change.step}"


def _calls(calls: list[SendGridCall], spans: list[Span]) -> Iterator[Entry]:
    """Tell each call to SendGrid, with its key: the first is 1, the next other one 2."""
    keys = {
        key: place for place, key in enumerate(dict.fromkeys(c.idempotency_key for c in calls), 1)
    }
    mails = list(dict.fromkeys(call.message_id for call in calls if call.message_id))
    for call in calls:
        at = (call.at - START).total_seconds()
        span = next(
            (s for s in spans if s.worker == call.worker and abs(s.start - at) < 1e-3), None
        )
        words = f"{_OUTCOMES[call.outcome]}, key {keys[call.idempotency_key]}"
        if call.message_id and call.outcome != Outcome.ABSORBED:
            words += f", mail {mails.index(call.message_id) + 1}"
        yield _entry(at, call.worker, "send_email", words, span.end if span else None)


def _other_call(span: Span) -> Entry:
    return _entry(span.start, span.worker, span.name, span.error or "answered", span.end)


def _deaths(facts: Facts, spans: list[Span]) -> Iterator[Entry]:
    """Tell of each worker that died at work on this job."""
    for worker in dict.fromkeys(span.worker for span in spans if span.error == "died"):
        words = "SendGrid has answered, the worker has not heard it"
        yield _entry(facts.metrics.deaths[worker], worker, "died", words)


def _entry(at: float, by: str, what: str, words: str, end: float | None = None) -> Entry:
    return Entry(at_seconds=at, end_seconds=end, worker=by, what=what, words=words)


def _since(window: Window, entry: Entry) -> Entry:
    end = None if entry.end_seconds is None else rounded(entry.end_seconds - window.start)
    return Entry(
        at_seconds=rounded(entry.at_seconds - window.start),
        end_seconds=end,
        worker=entry.worker,
        what=entry.what,
        words=entry.words,
    )


def _duration(seconds: float) -> str:
    if seconds >= 7200:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
