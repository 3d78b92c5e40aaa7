"""What a task's verdict can depend on: the part of the file that its function can reach.

By names, whoever holds them: more than what is called, never less. A function that is mentioned
nowhere in that part cannot change what the task comes to.
"""

import ast
from collections.abc import Iterator

from tests.watch.words import FUNCTIONS

_REACH_ANYTHING = {
    *("__dict__", "__import__", "eval", "exec", "getattr", "globals", "importlib", "inspect"),
    *("locals", "sys", "vars"),
}
"""Who uses one of these may mean a function without naming it."""

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def reaches(source: str) -> dict[str, str]:
    """Return the part of a file that each task can reach, as a text to be compared.

    Comments and the place in the file are no part of it. Empty for what cannot be taken apart.
    """
    try:
        body = ast.parse(source).body
        dumps = [ast.dump(node) for node in body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    mentions = [frozenset(_mentions(node)) for node in body]
    if any(names & _REACH_ANYTHING for names in mentions):
        return dict.fromkeys(FUNCTIONS, "".join(dumps))
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
    # A decorator may keep what it is given where anybody finds it.
    return not isinstance(node, _Definition) or bool(node.decorator_list)


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
