"""What was handed in, as entries by path: a folder or a zip. Nothing of it is unpacked or run.

Only what is asked for is read, and never more than a limit: what a zip says of sizes may be wrong.
"""

import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal

ENTRIES_MAX = 20_000

Kind = Literal["file", "link", "folder", "device"]

_PASSED_OVER = ("__MACOSX", "__pycache__", "venv")
"""Folders of what is made by working, or by packing. All with a dot are as well, but for one."""
_SESSION_FOLDER = ".interview"

_ENCRYPTED = 0x1
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SYSTEM_UNIX = 3


class Unreadable(Exception):
    """It cannot be read as what it should be. The text says why, in a line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in a parcel. `read`, of a file, returns at most so many bytes; or Unreadable."""

    path: str
    kind: Kind
    read: Callable[[int], bytes]

    @property
    def name(self) -> str:
        """Return the last part of its path."""
        return PurePosixPath(self.path).name


def open_folder(folder: Path) -> list[Entry]:
    """Return what is in a folder, but for what is made by working. Links are not followed."""
    entries = []
    for path, folders, names in os.walk(folder, onerror=_raise):
        links = [name for name in folders if (Path(path) / name).is_symlink()]
        folders[:] = sorted(name for name in folders if not _is_passed_over(name))
        # A folder that is called solution.py is worth a word.
        for name in sorted({*names, *links, *(name for name in folders if name.endswith(".py"))}):
            file = Path(path) / name
            entries.append(_on_disk(file, file.relative_to(folder).as_posix()))
            if len(entries) > ENTRIES_MAX:
                raise Unreadable(f"it has more than {ENTRIES_MAX:,} files: hand in the kit alone")
    return entries


def open_file(file: Path) -> Entry:
    """Return a file as an entry."""
    return _on_disk(file, file.name)


@contextmanager
def opened_zip(file: Path) -> Iterator[list[Entry]]:
    """Give what is in a zip, but for what is made by working, while the block lasts."""
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Unreadable(f"it is no zip that can be read: {_words(error)}") from None
    with archive:
        if len(archive.infolist()) > ENTRIES_MAX:
            raise Unreadable(f"it has more than {ENTRIES_MAX:,} files: hand in the kit alone")
        yield list(_in_zip(archive))


def _raise(error: OSError) -> None:
    raise Unreadable(f"{Path(error.filename).name} cannot be read: {error.strerror}") from None


def _is_passed_over(name: str) -> bool:
    return (name.startswith(".") and name != _SESSION_FOLDER) or name in _PASSED_OVER


def _on_disk(file: Path, path: str) -> Entry:
    mode = file.lstat().st_mode
    kind: Kind = "device"
    if stat.S_ISREG(mode):
        kind = "file"
    elif stat.S_ISLNK(mode):
        kind = "link"
    elif stat.S_ISDIR(mode):
        kind = "folder"
    return Entry(path, kind, partial(_start_of, file))


def _start_of(file: Path, size: int) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(size)
    except OSError as error:
        raise Unreadable(f"{file.name} cannot be read: {error.strerror}") from None


def _in_zip(archive: zipfile.ZipFile) -> Iterator[Entry]:
    for member in archive.infolist():
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if ".." in path.parts or path.is_absolute() or ":" in str(path)[:2]:
            raise Unreadable(f"it has a path that leads out of it: {path}")
        if any(_is_passed_over(part) for part in path.parts[:-1]):
            continue
        kind = _kind_in_zip(member)
        if kind != "folder" or path.name.endswith(".py"):
            yield Entry(str(path), kind, partial(_unpacked, archive, member))


def _kind_in_zip(member: zipfile.ZipInfo) -> Kind:
    if member.is_dir() or member.filename.endswith("\\"):
        return "folder"
    mode = member.external_attr >> 16 if member.create_system == _SYSTEM_UNIX else 0
    if stat.S_ISLNK(mode):
        return "link"
    return "file" if stat.S_ISREG(mode) or not stat.S_IFMT(mode) else "device"


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, size: int) -> bytes:
    if member.flag_bits & _ENCRYPTED:
        raise Unreadable("it is encrypted: ask for it without a password")
    if member.compress_type not in _PACKINGS:
        raise Unreadable("it is packed in a way that is not read here: pack it as a plain zip")
    try:
        with archive.open(member) as opened:
            return opened.read(size)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise Unreadable(f"{member.filename} cannot be unpacked: {_words(error)}") from None


def _words(error: BaseException) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
