"""The names of the checks, read from the task files without running anything."""

import re
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
# A test, and the first line of what it says. (To parse the files takes a hundredth of a second each
# time that anything is started.)
_TEST = re.compile(r'^def (test_\w+)\(.*\n    """(.+?)(?:"""|$)', re.MULTILINE)


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
        text = (ROOT / "tests" / file).read_text(encoding="utf-8")
        for function, rule in _TEST.findall(text):
            words = function.removeprefix(_PREFIX).partition("_")[2].replace("_", " ")
            name = Name(id_of(function), words, rule, function)
            names[name.id] = name
    return names


def id_of(function: str) -> str:
    """Return the check that a test function stands for: A4 for test_a4_one_job_one_worker."""
    return function.removeprefix(_PREFIX).partition("_")[0].upper()


def shown(path: Path) -> str:
    """Return a path as people know it: from the project's folder, or else its name."""
    path = path.resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
