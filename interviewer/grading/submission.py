"""Reads a submission: the solution in it, and what else is otherwise than it was handed out."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from interviewer.grading.grading import SessionLine, visible
from interviewer.grading.parcel import Entry, Unreadable, open_file, open_folder, opened_zip
from interviewer.kit.files import SOLUTION

SOLUTION_BYTES_MAX = 1_000_000
_SESSION = ".interview/session.jsonl"
_SESSION_BYTES_MAX = 2_000_000

_NAME = "solution.py"
_ANOTHER_SOLUTION = ("infra", _NAME)
_MADE_BY_WORKING = re.compile(r"interview\.db.*|reports/.*|\.interview/.*|.*\.(pyc|bak|swp)|\..*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What was handed in: its solution, or `problem`, why there is none that can be judged."""

    name: str
    source: str
    solution: bytes | None = None
    problem: str | None = None
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    session: tuple[SessionLine, ...] = ()


def read(path: Path, name: str, kit: Mapping[str, bytes]) -> Submission:
    """Read a solution.py, a returned folder, or a zip. `kit` is what was handed out."""
    try:
        if path.suffix == ".py" and not path.is_dir():
            return _read_one(path, name)
        if path.is_dir():
            return _read_all(open_folder(path), str(path), name, kit)
        with opened_zip(path) as entries:
            return _read_all(entries, str(path), name, kit)
    except Unreadable as error:
        return Submission(name=name, source=visible(str(path)), problem=visible(str(error)))
    except OSError as error:
        words = f"it cannot be read: {error.strerror}"
        return Submission(name=name, source=visible(str(path)), problem=words)


def _read_one(path: Path, name: str) -> Submission:
    """Read a file of its own. Where it lies in a kit, the session there belongs to it."""
    session = path.resolve().parents[1] / _SESSION
    is_in_kit = path.resolve().parent.name == "candidate" and session.is_file()
    return Submission(
        name=name,
        source=visible(str(path)),
        solution=_solution_of(open_file(path)),
        session=_session_of(open_file(session)) if is_in_kit else (),
    )


def _read_all(
    entries: Sequence[Entry], source: str, name: str, kit: Mapping[str, bytes]
) -> Submission:
    solution = _the_one_solution(entries)
    root = solution.path.removesuffix(SOLUTION if solution.path.endswith(SOLUTION) else _NAME)
    found = {
        entry.path.removeprefix(root): entry for entry in entries if entry.path.startswith(root)
    }
    session = found.get(_SESSION)
    try:
        text, problem = _solution_of(solution), None
    except Unreadable as error:
        text, problem = None, visible(str(error))
    others = {path: entry for path, entry in found.items() if path not in (SOLUTION, _NAME)}
    is_kit = any(path in kit for path in others)
    return Submission(
        name=name,
        source=visible(f"{source}: {solution.path}"),
        solution=text,
        problem=problem,
        changed=tuple(visible(path) for path in _changed(others, kit)),
        missing=tuple(sorted(kit.keys() - found.keys())) if is_kit else (),
        added=tuple(
            visible(path)
            for path in sorted(others)
            if path not in kit and not _MADE_BY_WORKING.fullmatch(path)
        ),
        session=_session_of(session) if session else (),
    )


def _the_one_solution(entries: Sequence[Entry]) -> Entry:
    found = [
        entry
        for entry in entries
        if entry.name == _NAME and PurePosixPath(entry.path).parts[-2:] != _ANOTHER_SOLUTION
    ]
    if not found:
        links = [entry.path for entry in entries if entry.kind == "link"]
        hint = f" ({links[0]} is a link: none is followed)" if links else ""
        raise Unreadable(f"there is no solution.py in it{hint}")
    if len(found) > 1:
        paths = " and ".join(entry.path for entry in found[:3])
        raise Unreadable(
            f"there are {len(found)} solution.py in it: {paths}; keep the one to grade"
        )
    return found[0]


def _solution_of(entry: Entry) -> bytes:
    """Return the solution's bytes. Raises Unreadable for what is no file, or no file's size."""
    match entry.kind:
        case "link":
            raise Unreadable(f"{entry.path} is a link: none is followed")
        case "folder" | "device":
            raise Unreadable(f"{entry.path} is a {entry.kind}, not a file")
    text = entry.read(SOLUTION_BYTES_MAX + 1)
    if len(text) > SOLUTION_BYTES_MAX:
        raise Unreadable(f"{entry.path} has more than {SOLUTION_BYTES_MAX:,} bytes")
    return text


def _changed(found: Mapping[str, Entry], kit: Mapping[str, bytes]) -> Iterator[str]:
    for path, original in kit.items():
        entry = found.get(path)
        if entry and (entry.kind != "file" or not _is_same(entry, original)):
            yield path


def _is_same(entry: Entry, original: bytes) -> bool:
    # An editor, git or zip on Windows may have written other line ends.
    limit = len(original) + original.count(b"\n") + 1
    try:
        return entry.read(limit).replace(b"\r\n", b"\n") == original
    except Unreadable:
        return False


def _session_of(entry: Entry) -> tuple[SessionLine, ...]:
    """Return the session's lines. What is not such a line is skipped: anybody can write there."""
    if entry.kind != "file":
        return ()
    try:
        text = entry.read(_SESSION_BYTES_MAX).decode("utf-8", "replace")
    except Unreadable:
        return ()
    return tuple(line for each in text.splitlines() for line in _session_line(each))


def _session_line(text: str) -> Iterator[SessionLine]:
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return
    match entry:
        case {"time": str(time), "event": str(event), "checks": dict(checks), "hints": dict(hints)}:
            statuses = all(isinstance(status, str) for status in checks.values())
            if statuses and all(type(number) is int for number in hints.values()):
                yield SessionLine(visible(time), visible(event), checks, hints)
