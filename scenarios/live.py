"""Draws a run while it goes on, where somebody looks: in place, and gone at its end."""

from collections.abc import Callable
from time import perf_counter
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from scenarios.system import Facts

REDRAW_SECONDS = 0.1
_DRAWING_SHARE = 4
"""At most a quarter of the time goes into drawing, however much there is to draw."""


class LiveBoard:
    """Shows in its block what `draw` makes of the facts, now and then; without a terminal nothing.

    On the way out the terminal is as it was, whatever ends the block.
    """

    def __init__(self, console: Console, draw: Callable[[Facts], Text]):
        self._draw = draw
        # perf_counter was imported before any simulation began, so it tells the real time. rich
        # would redirect what is printed; here it is counted.
        self._live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._is_shown = console.is_terminal
        self._next = 0.0

    def __enter__(self) -> Self:
        if self._is_shown:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._is_shown:
            self._live.stop()

    def look(self, facts: Facts) -> None:
        """Draw, if it is time to."""
        if not self._is_shown or perf_counter() < self._next:
            return
        started = perf_counter()
        self._live.update(self._draw(facts), refresh=True)
        took = perf_counter() - started
        self._next = started + took + max(REDRAW_SECONDS, took * (_DRAWING_SHARE - 1))
