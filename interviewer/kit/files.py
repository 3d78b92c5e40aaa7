"""What a candidate's copy consists of: every file of it, by path, as bytes."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
SOLUTION = "candidate/solution.py"

_STARTER = "tests/starter.py"
_GUIDE = "candidate/GUIDE.md"

_NOT_HANDED_OUT = ("interviewer", ".ci", "README.md", "requirements-check.txt")
_MADE_HERE = re.compile(r"__pycache__|interview\.db.*|reports|.*\.(bak|pyc|swp)")
"""What is made by working in the folder. All names with a dot are as well, but for these two."""
_KEPT_DOT_FILES = (".gitignore", ".gitattributes")

_OWN_TARGETS = re.compile(r"^# The kit's own targets\..*?^endif\n\n", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^# -- (.+?) -+\n", re.MULTILINE)
_SECTIONS_KEPT = ("tests",)


class KitError(Exception):
    """There can be no copy. Its text says why, in a line."""


def kit_files(root: Path = ROOT) -> dict[str, bytes]:
    """Return a candidate's copy of the kit in `root`, with the starter, whatever is written there.

    Raises KitError when a file cannot be read.
    """
    paths = [path for path in listed(root) if not is_ours(path)]
    files = {path: _read(root, path) for path in paths}
    files[SOLUTION] = files[_STARTER]
    files["README.md"] = files[_GUIDE]
    files["Makefile"] = _without_own_targets(files["Makefile"])
    files["pyproject.toml"] = _without_own_settings(files["pyproject.toml"])
    return dict(sorted(files.items()))


def listed(root: Path) -> list[str]:
    """Return the kit's files: those that git has; without git, those that nobody made by working.

    Of what lies in a working copy, git's list leaves out what was not meant to be handed on.
    """
    return listed_by_git(root) or sorted(_walked(root))


def listed_by_git(root: Path = ROOT) -> list[str]:
    """Return the kit's files that git has; none where there is no git, or no repository."""
    if not (root / ".git").exists():
        return []
    try:
        done = subprocess.run(
            ["git", "ls-files", "-z", "--", "."], cwd=root, capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return []
    return [os.fsdecode(path) for path in done.stdout.split(b"\0") if path]


def is_ours(path: str) -> bool:
    """Return whether a file is for interviewers, or for work on the kit, only."""
    return PurePosixPath(path).parts[0] in _NOT_HANDED_OUT


def _walked(root: Path) -> Iterator[str]:
    for path, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not _is_made_here(name)]
        for name in names:
            if not _is_made_here(name):
                yield (Path(path) / name).relative_to(root).as_posix()


def _is_made_here(name: str) -> bool:
    if name.startswith("."):
        return name not in _KEPT_DOT_FILES
    return _MADE_HERE.fullmatch(name) is not None


def _read(root: Path, path: str) -> bytes:
    try:
        return (root / path).read_bytes()
    except OSError as error:
        raise KitError(f"{path} is part of the kit, but cannot be read: {error.strerror}") from None


def _without_own_targets(makefile: bytes) -> bytes:
    return _OWN_TARGETS.sub("", makefile.decode()).encode()


def _without_own_settings(pyproject: bytes) -> bytes:
    """Return it with what a candidate's copy needs of it: what the kit is, and how pytest runs."""
    first, *rest = _SECTION.split(pyproject.decode())
    sections = dict(zip(rest[::2], rest[1::2], strict=True))
    kept = [sections[name] for name in _SECTIONS_KEPT]
    return (
        "".join([first, *kept]).rstrip().replace('"interviewer/selftests", ', "").encode() + b"\n"
    )
