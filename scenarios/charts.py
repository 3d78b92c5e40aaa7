"""Charts as drawings in the page: no script, and the colours are the page's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from xml.etree.ElementTree import Element

import pygal
from markupsafe import Markup

from scenarios.html import visible

Values = Sequence[float | None]

WIDE, HALF = (1240, 300), (610, 280)

_SETTINGS = {
    "margin": 6,
    "spacing": 8,
    "dots_size": 2,
    "show_legend": False,
    "show_minor_x_labels": False,
    "truncate_label": -1,
    "js": [],
    "css": [],
    "disable_xml_declaration": True,
}
_TICKS_MAX = 9
_TICK_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, and what its series are called and coloured, in the order of the legend."""

    name: str
    unit: str
    drawing: Markup | None
    """`None` when the run was too short for a curve."""
    colours: Sequence[tuple[str, str]]
    """Series and the page's name of its colour, in the order in which they were drawn."""
    stacked: bool


def lines(
    name: str, unit: str, series: Mapping[str, Values], times: Sequence[float], *, least: float = 0
) -> Chart:
    """Draw a line for each series. The axis goes up to `least` at least."""
    highest = max((value for values in series.values() for value in values if value), default=0)
    drawing = _draw(pygal.Line, name, series, times, HALF, max(highest, least))
    return Chart(name, unit, drawing, _coloured(series), stacked=False)


def areas(
    name: str,
    unit: str,
    series: Mapping[str, Sequence[float]],
    times: Sequence[float],
    *,
    size: tuple[int, int] = HALF,
) -> Chart:
    """Stack the series on each other, the first at the bottom."""
    highest = max(map(sum, zip(*series.values(), strict=True)), default=0)
    drawing = _draw(pygal.StackedLine, name, series, times, size, highest, fill=True)
    return Chart(name, unit, drawing, _coloured(series), stacked=True)


def _draw(
    kind: type[pygal.Line],
    name: str,
    series: Mapping[str, Values],
    times: Sequence[float],
    size: tuple[int, int],
    highest: float,
    *,
    fill: bool = False,
) -> Markup | None:
    if len(times) < 2:
        return None
    ticks, step = _ticks(highest), _step(times)
    labels = ["" if time % step else _clock(time) for time in times]
    chart = kind(
        width=size[0],
        height=size[1],
        fill=fill,
        # A value between two gaps is a dot, and no line.
        show_dots=any(None in values for values in series.values()),
        range=(0, ticks[-1]),
        y_labels=[{"label": f"{tick:,.6g}", "value": tick} for tick in ticks],
        x_labels=labels,
        x_labels_major=[*filter(None, labels)],
        **_SETTINGS,
    )
    chart.add_xml_filter(lambda root: _bare(root, name))
    for label, values in series.items():
        chart.add(label, list(values[: len(times)]), allow_interruptions=True)
    return Markup(chart.render())  # noqa: S704 - pygal escapes, and draws nothing but our numbers


def _bare(root: Element, name: str) -> Element:
    """Take out the library's style, script and marks of its own, and name the drawing."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in ("defs", "title", "desc") or not isinstance(child.tag, str):
                parent.remove(child)
    root.set("role", "img")
    root.set("aria-label", visible(name))
    del root.attrib["id"]
    return root


def _ticks(highest: float) -> list[float]:
    """Return 0 and some round numbers, the last of which is as high as the highest value."""
    if highest <= 0:
        return [0, 1]
    power = 10.0 ** floor(log10(highest))
    step = next(power * part for part in (0.2, 0.25, 0.5, 1, 2) if highest <= power * part * 5)
    return [round(number * step, 9) for number in range(ceil(round(highest / step, 6)) + 1)]


def _step(times: Sequence[float]) -> int:
    return next(
        (step for step in _TICK_SECONDS if times[-1] / step <= _TICKS_MAX), _TICK_SECONDS[-1]
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


_COLOURS = {
    "ready": "orange",
    "scheduled": "sky",
    "running": "blue",
    "completed": "green",
    "failed": "red",
    "sent": "blue",
    "steps": "orange",
    "used": "blue",
    "waiting": "red",
    "delivered": "blue",
    "absorbed": "green",
    "duplicates": "red",
    "p50": "blue",
    "p95": "orange",
    "p99": "red",
    "waiting for a connection": "red",
    "waiting for the write lock": "pink",
    "running SQL": "green",
    "send_email": "blue",
    "fetch_reply": "sky",
    "analyze_sentiment": "orange",
    "sleeping": "yellow",
    "idle": "grey",
    "down": "quiet",
}
_OTHER_COLOUR = "ink"


def _coloured(series: Mapping[str, object]) -> list[tuple[str, str]]:
    return [(name, _COLOURS.get(name, _OTHER_COLOUR)) for name in series]
