"""The terminal: its size, its colours, and whether it can show what the screens are made of."""

import os
import shutil
import sys

from tests.doctor.finding import Finding

COLUMNS_MIN, LINES_MIN = 80, 24
SIGNS = "– ● ✗ ◀ │"

_COLOURS = {"standard": "16 colours", "256": "256 colours", "truecolor": "all colours"}


def terminal() -> Finding:
    """Look at the terminal that this is written to."""
    encoding = sys.stdout.encoding
    if not _can_encode(encoding):
        return Finding(
            f"{encoding} cannot show the signs of the screens",
            to_do="export PYTHONIOENCODING=utf-8, in a terminal that shows UTF-8",
        )
    if not sys.stdout.isatty():
        return Finding("none here: try it in the one you will use", is_noted=True)
    size = shutil.get_terminal_size()  # as the screen asks
    words = f"{size.columns} × {size.lines}"
    if size.columns < COLUMNS_MIN or size.lines < LINES_MIN:
        return Finding(
            f"{words} is smaller than {COLUMNS_MIN} × {LINES_MIN}",
            to_do=f"make the window larger, to {COLUMNS_MIN} columns and {LINES_MIN} lines",
        )
    return _looks(f"{words}, {encoding} ({SIGNS})")


def _can_encode(encoding: str) -> bool:
    try:
        SIGNS.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _looks(words: str) -> Finding:
    from rich.console import Console  # noqa: PLC0415 - not before the packages were looked at

    from tests.watch.terminal import can_draw  # noqa: PLC0415 - the same

    if not can_draw(sys.stdout, os.environ):
        why = "NO_COLOR" if os.environ.get("NO_COLOR") else f"TERM={os.environ.get('TERM', '')}"
        return Finding(f"{words}; plain lines, no screen, as {why} asks for", is_noted=True)
    return Finding(f"{words}, {_COLOURS.get(Console().color_system or '', 'no colours')}")
