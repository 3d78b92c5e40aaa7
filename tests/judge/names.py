"""The names of the checks, read from the task files without running anything."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "A": "test_a_claim.py",
    "B": "test_b_create.py",
    "C": "test_c_send.py",
    "D": "test_d_process.py",
}
PRINTS_MAX = 500
"""So many characters of what a solution prints are kept of each check, and shown of them all."""
_PREFIX = "test_"


@dataclass(frozen=True, slots=True)
class Name:
    """A check's id, such as A4, its name in a few words, its rule in a sentence, its function."""

    id: str
    name: str
    rule: str
    function: str


@cache
def all_names() -> dict[str, Name]:
    """Return every check's name by its id, in the order of the contract."""
    names = {}
    for file in FILES.values():
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith(_PREFIX):
                name = _name(node)
                names[name.id] = name
    return names


def id_of(function: str) -> str:
    """Return the check that a test function stands for: A4 for test_a4_one_job_one_worker."""
    return function.removeprefix(_PREFIX).partition("_")[0].upper()


def shown(path: Path) -> str:
    """Return a path as people know it: from the project's folder, or else its name."""
    path = path.resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def _name(node: ast.FunctionDef) -> Name:
    words = node.name.removeprefix(_PREFIX).partition("_")[2].replace("_", " ")
    rule = (ast.get_docstring(node) or "").partition("\n")[0]
    return Name(id_of(node.name), words, rule, node.name)
