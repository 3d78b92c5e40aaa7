"""Puts the starter's function of one task back into a solution, and keeps the file as it was."""

import ast
import re
from itertools import count
from pathlib import Path

from tests.judge.names import ROOT
from tests.watch.changes import parses
from tests.watch.words import FUNCTIONS

STARTER = ROOT / "tests" / "starter.py"

_STATEMENT = re.compile(r"[^\s#)\]}\"']")


class ResetError(Exception):
    """The function could not be put back; the message says why, and nothing was changed."""


def put_back(solution: Path, task: str) -> Path:
    """Put the starter's function of a task back. Returns where the file as it was is kept now.

    Raises ResetError.
    """
    try:
        with solution.open(encoding="utf-8", newline="") as file:
            before = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise ResetError(f"{solution.name} cannot be read: {error}") from None
    after = with_starter(before, task)
    try:
        kept = _keep(solution, task)
        with solution.open("w", encoding="utf-8", newline="") as file:
            file.write(after)
    except OSError as error:
        raise ResetError(f"{error.filename} cannot be written: {error.strerror}") from None
    return kept


def with_starter(source: str, task: str) -> str:
    """Return a solution's text with the starter's function of that task. Raises ResetError."""
    name = FUNCTIONS[task]
    newline = "\r\n" if "\r\n" in source else "\n"
    starter = _cut(STARTER.read_text(encoding="utf-8").splitlines(), name)
    lines = source.splitlines()
    start, end = _place(lines, name)
    between = ["", ""] if start and start == end else []
    after = [*lines[:start], *between, *starter, *lines[end:]]
    text = newline.join(after) + newline
    if parses(source) and not parses(text):
        raise ResetError(f"{name} could not be told from what is around it: nothing was changed")
    return text


def _keep(solution: Path, task: str) -> Path:
    """Copy the file beside itself, under a name that is free."""
    content = solution.read_bytes()
    for number in count(1):
        kept = solution.with_name(f"{solution.stem}.{task}.{number}.py.bak")
        try:
            with kept.open("xb") as file:
                file.write(content)
        except FileExistsError:
            continue
        return kept
    raise AssertionError("there is always a next number")


def _cut(lines: list[str], name: str) -> list[str]:
    start, end = _place(lines, name)
    return lines[start:end]


def _place(lines: list[str], name: str) -> tuple[int, int]:
    """Return where a function's lines begin and end; at the end twice, when it is not there."""
    text = "\n".join(lines)
    if not parses(text):
        return _place_by_sight(lines, name)
    places = [
        (min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1, node.end_lineno or 0)
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.name == name
    ]
    return places[-1] if places else (len(lines), len(lines))


def _place_by_sight(lines: list[str], name: str) -> tuple[int, int]:
    """Return the same of a file with a syntax error: a function ends where the next line starts.

    That is a line that begins at the margin, and not inside a text in triple quotes.
    """
    head = re.compile(rf"(async\s+)?def\s+{name}\b")
    starts = [number for number, line in enumerate(lines) if head.match(line)]
    if not starts:
        return len(lines), len(lines)
    start = end = starts[-1] + 1
    quotes = ""
    for number in range(start, len(lines)):
        line = lines[number]
        if not quotes and _STATEMENT.match(line):
            break
        for mark in re.findall(r'"""|\'\'\'', line):
            quotes = "" if quotes == mark else quotes or mark
        end = number + 1 if line.strip() else end
    start -= 1
    while start and lines[start - 1].startswith("@"):
        start -= 1
    return start, end
