"""Runs a command of which nothing is left when it ends, whatever it has started.

On a Linux that lets anybody make namespaces it has processes of its own, that all end with it, no
network, and a disk that is read-only but for one folder; that holds for root too. Elsewhere it is
a session of its own, whose processes are ended: there it is for the judge's guard, and for the
limit on processes, which does not bind root, to see that none leaves it.
"""

import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

OUTPUT_BYTES_MAX = 20_000_000

_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL")
_LOOK_SECONDS = 0.2
_GOODBYE_SECONDS = 3.0
_CHUNK = 65536

_WALLS = (
    *("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"),
    *("--mount-proc", "--net", "--ipc"),
)
# Points with a space, or of a kind that cannot be changed, stay as they are: they are not ours.
_READ_ONLY = """
mount --bind "$1" "$1" && cd "$PWD" || exit 125
while read -r _ _ _ _ point _; do
    test "$point" = "$1" || mount -o remount,bind,ro "$point"
done 2>/dev/null </proc/self/mountinfo
shift
exec "$@"
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended. `why` is why it was ended from here, in words; else `None`."""

    status: int
    output: bytes
    last_words: str
    """The last line that it wrote to stderr."""
    why: str | None


def run(
    command: Sequence[str],
    *,
    folder: Path,
    writable: Path,
    seconds_max: float,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Ended:
    """Run a command in a folder, and end all that it has started. It may write to `writable`."""
    walls = walls_around(writable) if has_walls() else []
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    environment |= {"HOME": str(writable), "TMPDIR": str(writable)}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [*walls, *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        assert process.stdout
        try:
            output, why = _heard(process.stdout, time.monotonic() + seconds_max, is_stopped)
        finally:
            _end(process)
        return Ended(process.returncode, output, _last_line(errors), why)


@cache
def has_walls() -> bool:
    """Return whether this system can part a command from everything else."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [*walls_around(Path(folder)), "true"], check=False, capture_output=True
            )
        except OSError:
            return False
    return done.returncode == 0


def walls_around(writable: Path) -> list[str]:
    """Return what comes before a command that is to have walls, and one folder to write to."""
    return [*_WALLS, "sh", "-c", _READ_ONLY, "sh", str(writable.resolve())]


def _heard(
    pipe: IO[bytes], until: float, is_stopped: Callable[[], bool]
) -> tuple[bytes, str | None]:
    """Return what is written to the pipe until it is closed, and why that was not waited for."""
    output = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while not is_stopped():
            if time.monotonic() > until:
                return bytes(output), "it took too long"
            if not selector.select(_LOOK_SECONDS):
                continue
            data = os.read(pipe.fileno(), _CHUNK)
            output += data
            if not data:
                return bytes(output), None
            if len(output) > OUTPUT_BYTES_MAX:
                return b"", f"it printed more than {OUTPUT_BYTES_MAX:,} bytes"
    return bytes(output), "it was stopped"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process, and whatever it has started."""
    if not has_walls():
        # The judge ends its own processes, which have sessions of their own, at a Ctrl-C.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GOODBYE_SECONDS)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stdout
    _wait_until_closed(process.stdout)
    process.stdout.close()


def _wait_until_closed(pipe: IO[bytes]) -> None:
    """Wait until nobody can write to the pipe: then all that were ended have gone."""
    until = time.monotonic() + _GOODBYE_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while time.monotonic() < until:
            if selector.select(_LOOK_SECONDS) and not os.read(pipe.fileno(), _CHUNK):
                return


def _last_line(file: IO[bytes]) -> str:
    file.seek(0)
    lines = file.read(OUTPUT_BYTES_MAX).decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
