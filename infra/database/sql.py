"""Statements as people write them: what SQLite does not know is taken out, the rest classified."""

import re
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from functools import lru_cache
from inspect import isawaitable, isroutine
from json import dumps
from typing import NamedTuple

from infra.clock import to_text
from infra.database.driver import Value
from infra.database.file import known_names
from infra.errors import (
    DatabaseBusyError,
    DatabaseUnavailableError,
    did_you_mean,
    in_short,
    nearest_of,
)

_NATIVE = frozenset({str, int, float, bytes, type(None)})

_QUOTED = r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | \[[^\]]*\]"""
_COMMENT = r"""--[^\n]* | /\*.*?\*/"""
_ROW_LOCK = r"""
    \bFOR \s+ (?: NO\s+KEY\s+UPDATE | UPDATE | KEY\s+SHARE | SHARE ) \b
    (?: \s+ OF \s+ [\w.]+ (?: \s*,\s* [\w.]+ )* )?
    (?: \s+ (?: NOWAIT | SKIP\s+LOCKED ) \b )?
"""
_FLAGS = re.VERBOSE | re.IGNORECASE | re.DOTALL
_PIECES = re.compile(f"(?P<quoted>{_QUOTED}) | (?P<other> {_COMMENT} | {_ROW_LOCK} )", _FLAGS)
_FIRST_WORD = re.compile(r"[\s(;]*(\w+)")
_WRITES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)
# Answers about the connection's own last write, so it must be the one that wrote.
_ABOUT_LAST_WRITE = re.compile(r"\b(?:changes|last_insert_rowid)\s*\(", re.IGNORECASE)
_NO_SUCH_NAME = re.compile(r"(?:no such (?:table|column)|has no column named):? \"?([\w.]+)")

_BINDINGS = re.compile(r"Incorrect number.* uses (\d+), and there are (\d+) supplied")
_NOT_AS_MANY = r"values in params: \2, and ? in the statement: \1"
_NEAR = re.compile(r'near "(\w+)": syntax error')
_ROWS_ALIKE = re.compile(r"(\([^()]*\?[^()]*\))(?:, ?\1)+(?:, ?(?:\([^()]*)?$)?")
"""The rows of `VALUES (?, ?), (?, ?), (?, ?)`, and what is there of one that was cut."""

_LOOKED_AT_MAX = 2_000
_ADVICE = {
    "FOREIGN KEY": "it refers to a row that is not there",
    "UNIQUE": "there is such a row already",
    "NOT NULL": "it cannot be None",
    "one statement at a time": "call execute_sql for each",
    "incomplete input": "it ends too early: was a list empty that should be in it?",
    "locked": "another program writes to it: end that one, then try again",
}
"""What to do about an error of SQLite's, by words of its message."""

_TRANSACTION_WORDS = frozenset({"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"})
_SAVEPOINT = re.compile(
    r"[\s(;]*(?:SAVEPOINT|RELEASE|ROLLBACK\s+(?:TRANSACTION\s+)?TO)\b", re.IGNORECASE
)


class Statement(NamedTuple):
    """SQL that SQLite understands.

    `reads` tells that it can change nothing, `inside` that it goes inside a transaction only.
    """

    sql: str
    reads: bool
    inside: bool = False


@lru_cache(maxsize=1024)
def prepare(sql: str) -> Statement:
    """Make a person's SQL fit for SQLite.

    `FOR UPDATE [SKIP LOCKED | NOWAIT]` goes: a transaction is the only writer from its first
    moment, so the rows it reads are its own already, and none is ever locked by another.
    Raises sqlite3.ProgrammingError for a statement that would begin or end a transaction;
    savepoints inside of one are everybody's own.
    """
    plain = _PIECES.sub(lambda piece: piece["quoted"] or " ", sql)
    bare = _PIECES.sub("''", plain)
    first = _FIRST_WORD.match(bare)
    word = first[1].upper() if first else ""
    of_transactions = word in _TRANSACTION_WORDS
    if of_transactions and not _SAVEPOINT.match(bare):
        raise misplaced(word)
    reads = word in {"SELECT", "VALUES", "EXPLAIN"} or (word == "WITH" and not _WRITES.search(bare))
    reads = reads and not _ABOUT_LAST_WRITE.search(bare)
    return Statement(plain.strip(), reads, inside=of_transactions)


def misplaced(word: str) -> sqlite3.ProgrammingError:
    """Return the error for a statement that `transaction()` is there for."""
    return sqlite3.ProgrammingError(
        f"{word} is not for execute_sql: write `async with transaction():` around it all"
    )


@lru_cache(maxsize=1024)
def only_reads(sql: str) -> bool:
    """Return whether SQL can change nothing; what begins or ends a transaction can."""
    return sql.partition(" ")[0] not in _TRANSACTION_WORDS and prepare(sql).reads


def to_values(params: Iterable[object]) -> tuple[Value, ...]:
    """Turn a statement's parameters into what SQLite keeps. Raises TypeError, naming the place."""
    if isinstance(params, (str, bytes, dict, type)) or not hasattr(params, "__iter__"):
        advice = ": execute_sql(sql, params, model)" if isinstance(params, type) else ""
        raise TypeError(
            f"params must be a list or tuple with one value for each ?, "
            f"not {in_short(params)}{advice}"
        )
    return tuple([to_value(value, place) for place, value in enumerate(params, 1)])


def to_value(value: object, place: int) -> Value:
    """Turn one parameter into what SQLite keeps. Raises TypeError, naming the place."""
    if type(value) in _NATIVE:
        return value  # type: ignore[return-value]
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, Enum):
        return to_value(value.value, place)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, dict):
        return dumps(value)
    if isinstance(value, str):
        return str(value)
    if isroutine(value) or isawaitable(value):
        raise TypeError(f"parameter {place} is {in_short(value)}")
    advice = ""
    if isinstance(value, list | tuple | set | frozenset):
        advice = "; give each of its values a ? of its own"
    raise TypeError(
        f"parameter {place} is {_an(type(value).__name__)}, which SQLite cannot keep{advice}"
    )


def explain(error: sqlite3.Error, sql: str) -> sqlite3.Error:
    """Return the same kind of error with the statement in it, and the nearest right name."""
    if isinstance(error, DatabaseBusyError | DatabaseUnavailableError):
        return error
    message = _BINDINGS.sub(_NOT_AS_MANY, str(error)).removesuffix(".")
    advice = _advice(message, sql)
    statement = _ROWS_ALIKE.sub(r"\1, …", " ".join(sql[:_LOOKED_AT_MAX].split()))
    return type(error)(
        f"{message}{f' ({advice})' if advice else ''}, "
        f"in: {statement[:197]}{'…' * (len(statement) > 197)}"
    )


def _advice(message: str, sql: str) -> str:
    """Return what to do about an error of SQLite's, by its words; nothing when they say it."""
    if unknown := _NO_SUCH_NAME.search(message):
        return _about_name(unknown[1].rpartition(".")[2], message)
    if "FOREIGN KEY" in message and sql[:6].upper() == "DELETE":
        return "others refer to it"
    if 'near "%"' in message:
        return "write ? for a value, not %s"
    near = _NEAR.search(message)
    if "unrecognized token: \"'" in message or (near and re.search(rf"\w'{near[1]}\b", sql)):
        return "does a value with a quote in it end the text? Write ? for each, give them in params"
    return next((advice for words, advice in _ADVICE.items() if words in message), "")


def _about_name(name: str, message: str) -> str:
    """Return which name was meant, or that it looks like a value."""
    known = sorted(known_names())
    if "no such column" in message and nearest_of(name, known) is None:
        return f"is it a value? Write ? for it, give it in params; {did_you_mean(name, known)}"
    return did_you_mean(name, known)


def _an(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
