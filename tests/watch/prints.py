"""The box with what the solution printed."""

from rich.text import Text

from tests.judge.names import PRINTS_MAX
from tests.watch import words
from tests.watch.text import fitted, line, wrapped


def boxed(prints: str, width: int, height: int = 1000) -> list[Text]:
    """Return a box of at most that many lines, if that is three or more."""
    title = words.PRINTS if len(prints) < PRINTS_MAX else words.PRINTS_CUT
    inner = width - 4
    lines = [fitted(line(each), inner) for each in wrapped(prints[:PRINTS_MAX].strip("\n"), inner)]
    room = max(1, height - 2)
    top, bottom = f"┌─ {title} ", "└"
    if len(lines) > room:
        bottom = f"└─ {words.MORE_PRINTS.format(number=len(lines) - room)} "
    return [
        line((top + "─" * (width - len(top) - 1) + "┐", "dim")),
        *(_framed(each, inner) for each in lines[:room]),
        line((bottom + "─" * (width - len(bottom) - 1) + "┘", "dim")),
    ]


def _framed(text: Text, inner: int) -> Text:
    gap = " " * (inner - text.cell_len)
    return line(("│ ", "dim")) + text + line(gap, (" │", "dim"))
