"""What changed between two saves, and between two runs."""

import ast
from collections.abc import Iterable, Mapping

from tests.judge.names import all_names
from tests.watch.words import FUNCTIONS

_GREEN = "passed"
_RED = ("failed", "error")


def changed_tasks(before: str, after: str) -> list[str]:
    """Return the tasks whose function has another text than before, in their order.

    Comments and blank lines count: who edits those is at work there. A file that does not parse
    has no functions; then none has changed.
    """
    old, new = _functions(before), _functions(after)
    if not new:
        return []
    return [task for task, name in FUNCTIONS.items() if old.get(name) != new.get(name)]


def parses(source: str) -> bool:
    """Return whether a text is Python, as far as can be seen without running it."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _functions(source: str) -> dict[str, str]:
    if not parses(source):
        return {}
    tree = ast.parse(source)
    lines = source.splitlines()
    starts = [_first_line(node) for node in tree.body]
    ends = [*(start - 1 for start in starts[1:]), len(lines)]
    return {
        node.name: "\n".join(lines[start - 1 : end]).rstrip()
        for node, start, end in zip(tree.body, starts, ends, strict=True)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def newly_green(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the checks that pass now, and did not before."""
    return [c for c, status in now.items() if status == _GREEN and before.get(c) != _GREEN]


def newly_red(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the checks that fail now, and did not before."""
    return [c for c, status in now.items() if status in _RED and before.get(c) not in _RED]


def no_longer_green(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the checks that passed before, and are not judged any more."""
    return [c for c, status in now.items() if status == "not_run" and before.get(c) == _GREEN]


def in_short(checks: Iterable[str]) -> str:
    """Return checks with neighbours taken together: `A1-A4 A6 C`, where C is all of that task."""
    runs: list[list[str]] = []
    for check in checks:
        if runs and runs[-1][-1][0] == check[0] and int(runs[-1][-1][1:]) + 1 == int(check[1:]):
            runs[-1].append(check)
        else:
            runs.append([check])
    return " ".join(_shortest(run) for run in runs)


def _shortest(run: list[str]) -> str:
    if run == [check for check in all_names() if check[0] == run[0][0]]:
        return run[0][0]
    return run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}"
