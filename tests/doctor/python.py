"""Python and its packages."""

import platform
import re
import sqlite3
import sys
from collections.abc import Iterator
from importlib import metadata

from tests.doctor.finding import REQUIREMENTS, Finding, to_set_up

_SQLITE_MIN = (3, 35, 0)
"""The first that has RETURNING."""

_REQUIREMENT = re.compile(r"([\w.-]+)==([\w.]+)\s*(?:;\s*sys_platform == \"(\w+)\")?")
_NAMED_MAX = 2


def python() -> Finding:
    """Look at Python, and at the SQLite that it came with."""
    words = f"{platform.python_version()}, with SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < _SQLITE_MIN:
        return Finding(
            f"{words}: 3.35 or newer is needed",
            to_do="make clean && make setup PYTHON=python3.12, or another newer Python",
        )
    if not hasattr(sqlite3.Connection, "deserialize"):
        return Finding(
            f"{words}, which cannot deserialize",
            to_do="make clean && make setup PYTHON=python3.12, or one from python.org",
        )
    return Finding(words)


def packages() -> Finding:
    """Look whether the packages are those of requirements.txt."""
    wanted = list(_wanted(REQUIREMENTS.read_text(encoding="utf-8")))
    wrong = [words for name, version in wanted if (words := _wrong(name, version))]
    if wrong:
        more = f", and {len(wrong) - _NAMED_MAX} more" if len(wrong) > _NAMED_MAX else ""
        return Finding(f"{', '.join(wrong[:_NAMED_MAX])}{more}", to_do=to_set_up())
    return Finding(f"all {len(wanted)} are as in requirements.txt")


def _wanted(text: str) -> Iterator[tuple[str, str]]:
    """Return the packages that are for this system, and their versions."""
    for line in text.splitlines():
        requirement = _REQUIREMENT.match(line)
        if requirement and requirement[3] in (None, sys.platform):
            yield requirement[1], requirement[2]


def _wrong(name: str, version: str) -> str:
    """Return what is wrong with a package; nothing when it is as it should be."""
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"{name} is not there"
    return "" if found == version else f"{name} is {found}, not {version}"
