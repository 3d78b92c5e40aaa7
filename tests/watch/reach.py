"""What a task's verdict can depend on: the part of the file that its function can reach.

By names, whoever holds them: more than what is called. A function that is mentioned nowhere in
that part does not change what the task comes to.
"""

import ast
from collections.abc import Iterator

from tests.watch.words import FUNCTIONS

_REACH_ANYTHING = set(
    "__builtins__ __dict__ __globals__ __import__ attrgetter builtins eval exec getattr globals "
    "importlib inspect locals methodcaller operator sys vars "
    "Path io open os pathlib read_bytes read_text sqlite3".split()
)
"""Who uses one of these may mean a function without naming it, or what is in another file."""

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def reaches(source: str) -> dict[str, str]:
    """Return the part of a file that each task can reach, as a text to be compared.

    Comments and the place in the file are no part of it. Empty when nobody can tell.
    """
    try:
        body = ast.parse(source).body
        dumps = [ast.dump(node) for node in body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    mentions = [frozenset(_mentions(node)) for node in body]
    if any(names & _REACH_ANYTHING for names in mentions):
        return {}
    return {
        task: "".join(dumps[place] for place in _reached(body, mentions, _roots(task)))
        for task in FUNCTIONS
    }


def _roots(task: str) -> set[str]:
    # Without send_email_step there is no judging process_job.
    return {FUNCTIONS[task], FUNCTIONS["C"]} if task == "D" else {FUNCTIONS[task]}


def _reached(body: list[ast.stmt], mentions: list[frozenset[str]], names: set[str]) -> list[int]:
    """Return the places of what runs by itself, and of the definitions that those names reach."""
    places: list[int] = []
    while True:
        more = [
            place
            for place, node in enumerate(body)
            if place not in places and (_runs_by_itself(node) or _name(node) in names)
        ]
        if not more:
            return sorted(places)
        places += more
        names = names.union(*(mentions[place] for place in more))


def _runs_by_itself(node: ast.stmt) -> bool:
    """Return whether a statement does more than to give a body a name.

    A decorator, a base or a default may keep what it is given where anybody finds it.
    """
    match node:
        case ast.ClassDef():
            parts = [*node.decorator_list, *node.bases, *node.keywords]
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            parts = [*node.decorator_list, *filter(_calls, defaults)]
        case _:
            return True
    return bool(parts)


def _calls(value: ast.expr) -> bool:
    return any(isinstance(part, ast.Call) for part in ast.walk(value))


def _name(node: ast.stmt) -> str:
    return node.name if isinstance(node, _Definition) else ""


def _mentions(node: ast.stmt) -> Iterator[str]:
    """Return every name in a statement, and every text, which may be one."""
    for part in ast.walk(node):
        match part:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.Constant(value=str(name)):
                yield name
            case ast.alias(name=name):
                yield from name.split(".")
