"""Finds the submissions that a path means: itself, or a folder of many."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from interviewer.grading.grading import visible

_OF_A_KIT = ("solution.py", "candidate", "infra")
_HANDED_IN = (".py", ".zip")
_OTHER_ARCHIVES = (".7z", ".bz2", ".gz", ".rar", ".tar", ".tgz", ".xz")


class NothingThere(Exception):
    """There is nothing to grade. The text says why, in a line."""


@dataclass(frozen=True, slots=True)
class Pile:
    """Submissions by name. `left_out` are the names of files that are none."""

    submissions: dict[str, Path]
    is_one: bool
    left_out: tuple[str, ...] = ()


def pile_of(path: Path) -> Pile:
    """Return the submissions that a path means. Raises NothingThere."""
    if not os.path.lexists(path):
        raise NothingThere(f"there is no {path}")
    if not path.is_dir() or _is_submission(path):
        return Pile({_name_of(path): path}, is_one=True)
    try:
        inside = sorted(each for each in path.iterdir() if not _is_passed_over(each))
    except OSError as error:
        raise NothingThere(f"{path} cannot be read: {error.strerror}") from None
    taken = [each for each in inside if each.is_dir() or _is_handed_in(each)]
    if not taken:
        raise NothingThere(f"there is no submission in {path}: no folder, no .zip, no .py")
    left_out = tuple(visible(each.name) for each in inside if each not in taken)
    return Pile(_by_name(taken), is_one=len(taken) == 1, left_out=left_out)


def _is_submission(folder: Path) -> bool:
    return any(os.path.lexists(folder / name) for name in _OF_A_KIT)


def _is_handed_in(path: Path) -> bool:
    # Another archive gets its line too, which says that it cannot be read.
    return path.suffix in (*_HANDED_IN, *_OTHER_ARCHIVES)


def _is_passed_over(path: Path) -> bool:
    return path.name.startswith(".") or path.name == "__MACOSX"


def _by_name(paths: Iterable[Path]) -> dict[str, Path]:
    """Return the paths by their names without an ending, where that is no other's name."""
    named: dict[str, Path] = {}
    for path in paths:
        name = visible(path.name if path.is_dir() else path.stem)
        if name in named:
            name = visible(path.name)
        while name in named:  # what is not visible may have made two names one
            name += "+"
        named[name] = path
    return named


def _name_of(path: Path) -> str:
    """Return what a submission is called: a solution.py has its name from where it lies."""
    path = path.absolute()
    if path.name != "solution.py":
        return visible(path.name if path.is_dir() else path.stem)
    folder = path.parent.parent if path.parent.name == "candidate" else path.parent
    return visible(folder.name) or path.stem
