"""What was pressed, from what a terminal sends."""

import re
from collections.abc import Iterator

_NAMES = {
    b"\x1b[A": "up",
    b"\x1b[B": "down",
    b"\x1bOA": "up",
    b"\x1bOB": "down",
    b"\x1b[5~": "pageup",
    b"\x1b[6~": "pagedown",
    b"\x1b": "escape",
    b"\r": "enter",
    b"\n": "enter",
    b" ": "space",
    b"\x03": "q",  # Ctrl-C and Ctrl-D, where the terminal sends them on
    b"\x04": "q",
}

# What is pasted presses no keys: a terminal says where it begins and ends.
_PIECES = re.compile(
    rb"\x1b\[200~.*?(?:\x1b\[201~|$)|\x1b\[[0-?]*[ -/]*[@-~]|\x1bO.|\x1b|[\x00-\x7f]|[\x80-\xff]+",
    re.DOTALL,
)


def keys(data: bytes) -> Iterator[str]:
    """Return the keys that were pressed: small letters, or names. Others are skipped."""
    for piece in _PIECES.findall(data):
        if piece in _NAMES:
            yield _NAMES[piece]
        elif len(piece) == 1 and piece.isalnum():
            yield piece.decode().lower()
