"""Notices saves: by events of the file system where there are any, else by looking."""

import platform
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import watchfiles

_STEP_MS = 20
"""So long it is quiet after a change before it is told: editors make several for one save."""

_REMOTE = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "vboxsf", "prl_fs", "drvfs"}
_REMOTE_BEGINNINGS = ("fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.vmhgfs", "fuse.grpcfuse")
_MOUNTS = Path("/proc/mounts")


@dataclass(frozen=True, slots=True)
class Signature:
    """What tells one save of a file from another."""

    changed_ns: int
    size: int
    inode: int


def signatures(folder: Path) -> dict[Path, Signature]:
    """Return the signatures of a folder's Python files."""
    found = {}
    for path in folder.glob("*.py"):
        with suppress(OSError):  # gone meanwhile, as in the middle of a save
            seen = path.stat()
            found[path] = Signature(seen.st_mtime_ns, seen.st_size, seen.st_ino)
    return found


def why_polling(folder: Path, environment: Mapping[str, str]) -> str:
    """Return why there will be no events of a folder's files; nothing when there will be."""
    if environment.get("WATCHFILES_FORCE_POLLING", "").lower() not in ("", "0", "false", "disable"):
        return "WATCHFILES_FORCE_POLLING"
    if "microsoft" in platform.release().lower() and str(folder).startswith("/mnt/"):
        return "a Windows folder in WSL"
    try:
        kind = kind_of_mount(folder, _MOUNTS.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""
    return f"a {kind} folder" if kind in _REMOTE or kind.startswith(_REMOTE_BEGINNINGS) else ""


def kind_of_mount(folder: Path, mounts: str) -> str:
    """Return the kind of file system that a folder is on, by the lines of `/proc/mounts`."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace("\\040", " "))
        if folder.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind


class Saves:
    """Calls `on_event` when a Python file of a folder may have changed, from its own thread."""

    def __init__(self, folder: Path, on_event: Callable[[], None], on_error: Callable[[str], None]):
        self._folder = folder
        self._on_event = on_event
        self._on_error = on_error
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, within a moment."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=1)

    def _watch(self) -> None:
        try:
            for _ in watchfiles.watch(
                self._folder,
                watch_filter=lambda _, path: path.endswith(".py"),
                step=_STEP_MS,
                stop_event=self._stop,
                rust_timeout=500,
                recursive=False,
                raise_interrupt=False,
                force_polling=False,  # the app looks by itself, at these few files alone
            ):
                self._on_event()
        except (OSError, RuntimeError) as error:  # no more watches to be had, for example
            self._on_error(str(error))
