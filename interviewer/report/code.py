"""The candidate's code as lines of HTML, coloured, those marked that a failure points at."""

import ast
from collections.abc import Collection
from dataclasses import dataclass

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from scenarios.html import visible

AROUND = 8
EXCERPT_MAX = 48


@dataclass(frozen=True, slots=True)
class Line:
    """One line of code. `number` counts from 1."""

    number: int
    html: Markup
    marked: bool


def lines_of(source: str, marked: Collection[int] = ()) -> list[Line]:
    """Return all lines of a source."""
    lexer = PythonLexer(stripnl=False)
    # Both count a line at \n, \r\n and \r, as Python does.
    unified = visible("\n".join(source.replace("\r\n", "\n").replace("\r", "\n").split("\n")))
    coloured = highlight(unified, lexer, HtmlFormatter(nowrap=True)).removesuffix("\n").split("\n")
    return [
        # Pygments escapes what it colours.
        Line(number, Markup(html), number in marked)  # noqa: S704
        for number, html in enumerate(coloured, start=1)
    ]


def excerpt(source: str, line: int) -> list[Line]:
    """Return the function that has this line, which is marked; some lines around it at least."""
    lines = lines_of(source, {line})
    first, last = _function_around(source, line) or (line - AROUND, line + AROUND)
    if last - first >= EXCERPT_MAX:
        first = max(first, line - EXCERPT_MAX // 2)
        last = min(last, first + EXCERPT_MAX - 1)
    return lines[max(first, 1) - 1 : last]


def line_in(where: str | None, verdict_solution: str) -> int | None:
    """Return the line that `file:line` means; `None` when it is not one of the solution."""
    file, _, line = (where or "").rpartition(":")
    return int(line) if file == verdict_solution and line.isdecimal() else None


def _function_around(source: str, line: int) -> tuple[int, int] | None:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    spans = [
        (
            min([node.lineno, *(each.lineno for each in node.decorator_list)]),
            node.end_lineno or line,
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    around = [(first, last) for first, last in spans if first <= line <= last]
    return min(around, key=lambda span: span[1] - span[0], default=None)
