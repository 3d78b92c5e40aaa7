"""Pages that are complete in one file, of one look, and ask for nothing from elsewhere.

Whatever is shown may come from a stranger's code. It is text on every page: Jinja2 escapes it, what
would change the order or the look of other text is shown by its number, and a policy in the page
forbids scripts and requests, should either ever fail.
"""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

LOOK = Path(__file__).parent / "templates"

_UNSEEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, but for tab and line feed
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # they turn the order of what is around them
    "\ud800-\udfff"  # halves of a character, which no file in UTF-8 can hold
    "]"
)


def render(template: Path, **values: Any) -> str:
    """Return the page that a template makes of these values. It may extend `base.html`."""
    environment = Environment(
        loader=FileSystemLoader([template.parent, LOOK]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": count, "duration": duration}
    return environment.get_template(template.name).render(values)


def visible(text: str) -> str:
    r"""Return a text with the characters that nobody sees as what Python writes: `\u202e`."""
    return _UNSEEN.sub(lambda match: ascii(match.group())[1:-1], text)


def count(number: int, noun: str) -> str:
    """Return a number and its noun: `1 run`, `1,204 runs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it: `1.2 ms`, `4 s`, `1 min 05 s`, `2 h 00 min`."""
    whole = round(seconds)
    if seconds < 0.9995:
        text = f"{seconds * 1000:.3g} ms"
    elif whole < 60:
        text = f"{seconds:.3g} s"
    elif whole < 3600:
        text = f"{whole // 60} min {whole % 60:02} s"
    else:
        text = f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _finalize(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
