"""Makes a candidate's copy: a fresh folder, a git repository of one commit, a zip if wanted."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from interviewer.kit.files import KitError

_AUTHOR = "Interview kit"
_ADDRESS = "kit@interview.invalid"
_MESSAGE = "The interview kit"


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was made. `archive` is its zip, when one was asked for."""

    folder: Path
    is_repository: bool
    archive: Path | None


def make_copy(files: Mapping[str, bytes], folder: Path, *, zipped: bool) -> Copy:
    """Make a candidate's copy of these files. All of it is there in the end, or nothing.

    Raises KitError, in a line: nothing that is there already is written over.
    """
    archive = folder.with_name(f"{folder.name}.zip") if zipped else None
    _refuse_what_is_there(folder, archive)
    try:
        with _unfinished(folder.parent) as place:
            unfinished = place / folder.name
            write_files(files, unfinished)
            is_repository = _make_repository(unfinished)
            if archive:
                made = shutil.make_archive(str(unfinished), "zip", place, folder.name)
                Path(made).replace(archive)
            unfinished.replace(folder)
    except OSError as error:
        raise KitError(f"{error.filename or folder} cannot be written: {error.strerror}") from None
    return Copy(folder, is_repository, archive)


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write each file below a folder that is made for it."""
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _refuse_what_is_there(folder: Path, archive: Path | None) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        raise KitError(f"{folder} is not empty: name a folder that is not there yet")
    if folder.exists() and not folder.is_dir():
        raise KitError(f"{folder} is a file: name a folder that is not there yet")
    if archive and archive.exists():
        raise KitError(f"{archive} is there already: remove it, or name another folder")


@contextmanager
def _unfinished(parent: Path) -> Iterator[Path]:
    """Give a folder beside the copy's place, so that a copy that is interrupted leaves nothing."""
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".kit-", dir=parent) as folder:
        yield Path(folder)


def _make_repository(folder: Path) -> bool:
    """Return whether there is a repository now: not without git."""
    # Nobody's settings, hooks or name: the same repository wherever it is made.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": _AUTHOR,
        "GIT_AUTHOR_EMAIL": _ADDRESS,
        "GIT_COMMITTER_NAME": _AUTHOR,
        "GIT_COMMITTER_EMAIL": _ADDRESS,
    }
    commands = (
        ("-c", "init.defaultBranch=main", "init", "--quiet", "--template="),
        ("add", "--all", "--force"),
        ("commit", "--quiet", "--message", _MESSAGE),
    )
    try:
        for command in commands:
            subprocess.run(
                ["git", *command], cwd=folder, env=environment, check=True, capture_output=True
            )
    except (OSError, subprocess.CalledProcessError):
        shutil.rmtree(folder / ".git", ignore_errors=True)
        return False
    return True
