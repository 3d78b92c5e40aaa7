"""Reads a SOQL query in its plain forms, and writes the SQL that answers it.

    query  = SELECT fields FROM Contact [WHERE tests] [ORDER BY order {, order}]
             [LIMIT number] [OFFSET number] [;]
    fields = * | FIELDS(ALL) | field {, field}
    tests  = test {AND test | OR test}
    test   = NOT test | ( tests ) | field compare text | field = NULL | field != NULL
           | field IS [NOT] NULL | field [NOT] LIKE text | field [NOT] IN ( text {, text} )
    order  = field [ASC | DESC] [NULLS FIRST | NULLS LAST]

Every word of the SQL is written here and every text of the query is a parameter, so nothing that
a query says can reach the database as SQL.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from infra.errors import SalesforceError, did_you_mean
from infra.services.customers import Record

QUERY_CHARACTERS_MAX = 100_000
FIELDS = tuple(Record.__annotations__)

_TOKEN = re.compile(
    r"""
      (?P<text>     '(?:[^'\\]|\\.|'')*' )
    | (?P<unclosed> '.* )
    | (?P<number>   [0-9]{1,18} )
    | (?P<word>     [^\W\d][\w.]* )
    | (?P<symbol>   <> | != | <= | >= | [=<>(),*;] )
    | (?P<space>    \s+ )
    | (?P<unknown>  . )
    """,
    re.VERBOSE | re.DOTALL,
)
_RESERVED = re.compile(
    "AND|ASC|BY|DESC|DISTINCT|FROM|GROUP|HAVING|IN|IS|JOIN|LIKE|LIMIT|NOT|NULL|NULLS|OFFSET|OR|"
    "ORDER|SELECT|WHERE",
    re.IGNORECASE,
)
_COMPARISONS = ("=", "!=", "<>", "<=", ">=", "<", ">")
_NULL_TESTS = {"=": "IS NULL", "!=": "IS NOT NULL", "<>": "IS NOT NULL"}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement with `?` placeholders, and the values for them."""

    sql: str
    values: tuple[str | int, ...]


class _Token(NamedTuple):
    kind: str
    text: str

    @property
    def shown(self) -> str:
        return "the end" if self.kind == "end" else repr(self.text[:40])


def to_sql(query: str) -> Statement:
    """Return the SQL that selects all fields of the records that the query asks for.

    Without ORDER BY, and among equals, the order is by Id. Raises SalesforceError, not transient,
    with one line that says what was not understood.
    """
    if len(query) > QUERY_CHARACTERS_MAX:
        raise _malformed(f"the query has {len(query)} characters, {QUERY_CHARACTERS_MAX} at most")
    return _Reader(query).read()


class _Reader:
    """Reads the tokens of one query from left to right, and writes SQL as it goes."""

    def __init__(self, query: str) -> None:
        self._tokens = _tokens(query)
        self._place = 0
        self._values: list[str | int] = []

    def read(self) -> Statement:
        self._expect("SELECT")
        self._selection()
        self._expect("FROM", "a comma or FROM")
        self._object()
        tests = f" WHERE {self._tests()}" if self._accept("WHERE") else ""
        orders = self._orders()
        self._values.append(self._rows("LIMIT", default=-1))
        self._values.append(self._rows("OFFSET", default=0))
        clauses = "" if self._accept(";") else "WHERE, ORDER BY, LIMIT, OFFSET (in this order) or "
        if self._next.kind != "end":
            raise self._expected(f"{clauses}the end")
        return Statement(
            f"SELECT {', '.join(FIELDS)} FROM Contact{tests} ORDER BY {orders} LIMIT ? OFFSET ?",
            tuple(self._values),
        )

    def _selection(self) -> None:
        if self._accept("FIELDS"):
            for text in ("(", "ALL", ")"):
                self._expect(text)
        elif not self._accept("*"):
            self._list(self._field)

    def _object(self) -> None:
        name = self._take("word", "the name of an object").text
        if name.lower() != "contact":
            raise _error("INVALID_TYPE", f"sObject type '{name}' is not supported: use Contact")

    def _tests(self) -> str:
        sql = self._test()
        while word := self._accept("AND", "OR"):
            sql += f" {word} {self._test()}"
        return sql

    def _test(self) -> str:
        if self._accept("NOT"):
            return f"NOT {self._test()}"
        if self._accept("("):
            tests = self._tests()
            self._expect(")")
            return f"({tests})"
        return self._comparison()

    def _comparison(self) -> str:
        field = self._field()
        if operator := self._accept(*_COMPARISONS):
            if operator in _NULL_TESTS and self._accept("NULL"):
                return f"{field} {_NULL_TESTS[operator]}"
            return f"{field} {operator} {self._text()}"
        if self._accept("IS"):
            test = "IS NOT NULL" if self._accept("NOT") else "IS NULL"
            self._expect("NULL")
            return f"{field} {test}"
        negation = self._accept("NOT")
        if self._accept("LIKE"):
            return f"{field} {negation} LIKE {self._text(is_pattern=True)} ESCAPE '\\'"
        if self._accept("IN"):
            self._expect("(")
            texts = self._list(self._text)
            self._expect(")", "a comma or )")
            return f"{field} {negation} IN ({texts})"
        raise self._expected("LIKE or IN" if negation else "=, !=, <, >, LIKE or IN")

    def _text(self, *, is_pattern: bool = False) -> str:
        quoted = self._take("text", "text in single quotes").text
        self._values.append(_unquoted(quoted, is_pattern=is_pattern))
        return "?"

    def _orders(self) -> str:
        if not self._accept("ORDER"):
            return "Id"
        self._expect("BY")
        return f"{self._list(self._order)}, Id"

    def _order(self) -> str:
        order = f"{self._field()} {self._accept('ASC', 'DESC')}"
        if not self._accept("NULLS"):
            return order
        if not (end := self._accept("FIRST", "LAST")):
            raise self._expected("FIRST or LAST")
        return f"{order} NULLS {end}"

    def _rows(self, clause: str, *, default: int) -> int:
        if not self._accept(clause):
            return default
        return int(self._take("number", "a whole number").text)

    def _field(self) -> str:
        name = self._take("word", "a field").text
        if self._next.text == "(":
            raise _malformed(f"{name}() is not supported: select the records and compute in Python")
        for field in FIELDS:
            if field.lower() == name.lower():
                return field
        hint = did_you_mean(name.capitalize(), FIELDS)
        raise _error("INVALID_FIELD", f"No such column '{name}' on entity 'Contact': {hint}")

    def _list(self, read: Callable[[], str]) -> str:
        parts = [read()]
        while self._accept(","):
            parts.append(read())
        return ", ".join(parts)

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _accept(self, *texts: str) -> str:
        """Take the next token if it is one of these, in any letter case; else return ''."""
        text = self._next.text.upper()
        if text not in texts:
            return ""
        self._place += 1
        return text

    def _expect(self, text: str, words: str = "") -> None:
        if not self._accept(text):
            raise self._expected(words or text)

    def _take(self, kind: str, words: str) -> _Token:
        token = self._next
        if token.kind != kind or _RESERVED.fullmatch(token.text):
            raise self._expected(words)
        self._place += 1
        return token

    def _expected(self, words: str) -> SalesforceError:
        after = f"after {self._tokens[self._place - 1].shown}: " if self._place else ""
        return _malformed(f"{after}expected {words}, not {self._next.shown}")


def _tokens(query: str) -> list[_Token]:
    tokens = []
    for match in _TOKEN.finditer(query):
        token = _Token(match.lastgroup or "", match.group())
        if token.kind == "unclosed":
            raise _malformed(f"a single quote is never closed: {token.shown}")
        if token.text == '"':
            raise _malformed('text goes in single quotes, not in "')
        if token.kind == "unknown":
            raise _malformed(f"unexpected character: {token.shown}")
        if token.kind != "space":
            tokens.append(token)
    return [*tokens, _Token("end", "")]


def _unquoted(quoted: str, *, is_pattern: bool) -> str:
    r"""Return the text between the quotes: `\'` and `''` are one quote.

    In a LIKE pattern `\%`, `\_` and `\\` stay as they are, for LIKE reads them itself.
    """

    def meant(match: re.Match[str]) -> str:
        escaped = match[1] or match[2]
        if is_pattern and escaped in "%_\\":
            return match[0]
        return _ESCAPES.get(escaped, escaped)

    return re.sub(r"\\(.)|'(')", meant, quoted[1:-1], flags=re.DOTALL)


def _malformed(message: str) -> SalesforceError:
    return _error("MALFORMED_QUERY", message)


def _error(code: str, message: str) -> SalesforceError:
    return SalesforceError(f"{code}: {message}", transient=False)
