"""Lines of text that fit: measured in cells, as terminals do, and free of control characters."""

import re
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells
from rich.text import Text

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)


def plain(text: str) -> str:
    """Return a text that moves no cursor and sets no colour, whatever was in it."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text)).expandtabs(4)


def line(*parts: str | tuple[str, str]) -> Text:
    """Return one line, made of texts and of texts with their styles."""
    made = Text(no_wrap=True, end="")
    for part in parts:
        text, style = part if isinstance(part, tuple) else (part, "")
        made.append(plain(text).replace("\n", " "), style)
    return made


def fitted(text: Text, width: int) -> Text:
    """Return a line cut to that width, with an ellipsis where it was cut."""
    text = text.copy()
    text.truncate(width, overflow="ellipsis")
    return text


def sides(left: Text, right: Text, width: int) -> Text:
    """Return a line with something at both ends; the right one is cut when there is no room."""
    room = width - left.cell_len - 2
    if room < 4 and right.cell_len > room:
        return fitted(left, width)
    right = fitted(right, room)
    gap = width - left.cell_len - right.cell_len
    return Text.assemble(left, " " * gap, right, no_wrap=True, end="")


def wrapped(text: str, width: int) -> Iterator[str]:
    """Return a text in lines of that width, broken between words where that can be done."""
    width = max(2, width)
    for paragraph in plain(text).split("\n"):
        rest = ""
        for word in paragraph.split(" "):
            if rest and cell_len(rest) + 1 + cell_len(word) > width:
                yield rest
                rest = ""
            rest = f"{rest} {word}" if rest else word
            *whole, rest = chop_cells(rest, width) or [""]
            yield from whole
        yield rest
