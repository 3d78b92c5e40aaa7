"""Names that people know from elsewhere, and what to write for them here."""

from collections.abc import Iterable

from infra.errors import did_you_mean

_INSTEAD = {
    "objects": "write Job.filter(…), without it",
    "exclude": "write filter(field__ne=…)",
    "where": "write filter(field=value)",
    "select_for_update": "there is none here; execute_sql takes FOR UPDATE",
    "bulk_create": "there is no bulk insert in the ORM: that is Task B",
    "insert_many": "there is no bulk insert in the ORM: that is Task B",
    "insert": "write `await Job.create(…)`",
    "update": "write `await Job.filter(id=job.id).update(…)`, or set fields and `await job.save()`",
    "save": "it holds no row: write .update(field=value), or take a row by `await ….first()`",
    "one": "write `await ….first()`",
    "one_or_none": "write `await ….first()`",
    "fetchone": "write `await ….first()`",
    "commit": "each statement commits by itself, or else `async with transaction():` does",
}
"""Where the nearest name would lead astray."""


def unknown_attribute(name: str, owner: str, known: Iterable[str]) -> AttributeError:
    """Return the error for a name that a model, a query set or a row has not."""
    instead = _INSTEAD.get(name) or did_you_mean(name, known)
    return AttributeError(f"{owner} has no attribute {name!r}: {instead}")
