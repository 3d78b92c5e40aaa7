"""Errors, in one tree.

    ExternalApiError            an external service did not do what was asked
    ├── SendGridError
    │   ├── RateLimitError      transient: too many calls, try again in `retry_after` seconds
    │   ├── TimeoutError        transient: no answer came; the mail may or may not have gone out
    │   └── InvalidEmailError   permanent: this address will never work
    ├── SalesforceError
    └── SentimentAPIError
    FieldError                  an unknown field or lookup, or a value that does not fit its field
    DatabaseBusyError           a pool connection or the write lock did not come free in time
    DatabaseUnavailableError    the database cannot be opened; its message is one line for a person
    SolutionError               a solution file cannot be used; its message is one line for a person

Every other database error is SQLite's own (`sqlite3.IntegrityError` and its siblings), with the
statement and what to do about it added to the message.
"""

import builtins
import inspect
import sqlite3
from collections.abc import Iterable
from difflib import get_close_matches

_SHORT_MAX = 60


class ExternalApiError(Exception):
    """An external service did not do what was asked.

    `transient` says whether the same call can succeed later.
    """

    transient = True


class SendGridError(ExternalApiError):
    """SendGrid refused a mail, or did not answer."""


class RateLimitError(SendGridError):
    """SendGrid takes no more calls for now. `retry_after` is the wait it asks for, in seconds."""

    def __init__(self, message: str = "SendGrid: too many requests", retry_after: float = 1.0):
        super().__init__(message)
        self.retry_after = retry_after


class TimeoutError(SendGridError, builtins.TimeoutError):
    """SendGrid did not answer in time. The mail may or may not have gone out."""


class InvalidEmailError(SendGridError):
    """SendGrid will never deliver to this address."""

    transient = False


class SalesforceError(ExternalApiError):
    """Salesforce did not answer (transient), or cannot read the query (not transient)."""

    def __init__(self, message: str, *, transient: bool = True):
        super().__init__(message)
        self.transient = transient


class SentimentAPIError(ExternalApiError):
    """The sentiment service did not answer."""


class FieldError(ValueError):
    """An unknown field or lookup, or a value that does not fit its field."""


class DatabaseBusyError(sqlite3.OperationalError):
    """A pool connection or the write lock did not come free in time."""


class DatabaseUnavailableError(sqlite3.OperationalError):
    """The database cannot be opened. The message is one line, fit to be shown as it is."""


class SolutionError(Exception):
    """A solution file cannot be used. The message is one line, fit to be shown as it is."""


def did_you_mean(wrong: object, known: Iterable[str]) -> str:
    """End a sentence about `wrong` with the nearest known name, or with all of them."""
    names = list(known)
    nearest = nearest_of(str(wrong), names)
    return f"did you mean {nearest!r}?" if nearest else f"there are {', '.join(names)}"


def nearest_of(wrong: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like `wrong`, or has it as a word; `None` if none is."""
    names = list(known)
    parts = [name for name in names if wrong in name.split("_")]
    return next(iter([*get_close_matches(wrong, names, n=1), *parts]), None)


def in_short(value: object) -> str:
    """Return a value for a sentence that says what it is not; a slip that shows is told."""
    if inspect.isroutine(value):
        name = value.__name__
        return f"the function {name}: write {name}() to call it"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if inspect.isawaitable(value):
        return "a call without its `await`"
    if isinstance(value, BaseException):
        return f"an error: write str() around {type(value).__name__}"
    text = repr(value)
    return text if len(text) <= _SHORT_MAX else f"{text[: _SHORT_MAX - 1]}…"
